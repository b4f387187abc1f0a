"""Line drawings of 24 by 24 units, drawn in the text's colour; each is one SVG path."""

PATHS = {
    "home": "M4 11l8-7 8 7v9h-5v-6H9v6H4z",
    "todo": "M9 6h11M9 12h11M9 18h11M4 6l1 1 2-2M4 12l1 1 2-2M4 18l1 1 2-2",
    "jobs": (
        "M12 3v3M12 18v3M3 12h3M18 12h3M6 6l2 2M16 16l2 2M18 6l-2 2"
        "M8 16l-2 2M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6"
    ),
    "people": (
        "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M3 20c0-3.5 2.5-6 6-6s6 2.5 6 6"
        "M16 4.5a3.5 3.5 0 0 1 0 6M17 14c2.5.5 4 3 4 6"
    ),
    "household": "M3 11l9-7 9 7M5 10v10h14V10M9 20v-6h6v6",
    "upload": "M12 15V4M8 8l4-4 4 4M4 14v6h16v-6",
    "download": "M12 4v11M8 11l4 4 4-4M4 16v4h16v-4",
    "compare": "M4 5h7v14H4zM13 5h7v14h-7zM6 9h3M15 9h3M6 13h3",
    "chart": "M4 20V4M4 20h16M8 16v-5M12 16V7M16 16v-8",
    "money": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M8.5 7.5L12 12l3.5-4.5M12 12v5M9 12.5h6M9 15h6",
    "calendar": "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4",
    "book": "M5 4h11a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3zM5 17a3 3 0 0 1 3-3h11",
    "institution": "M4 20h16M6 20V8l6-4 6 4v12M12 9v5M9.5 11.5h5M10 20v-3h4v3",
    "claim": "M6 3h9l4 4v14H6zM15 3v4h4M9 12h7M9 16h7",
    "report": "M5 3h14v18H5zM9 8h6M9 12h6M9 16h3",
    "settings": "M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4",
    "search": "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M16 16l4.5 4.5",
    "user": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4 21c0-4 3.5-7 8-7s8 3 8 7",
    "language": (
        "M4 6h9M8.5 4v2M11 6c-1 4-3.5 7-7 8.5M6 9c1 2.5 3 4.5 6 5.5M13 20l4-10 4 10M14.5 17h5"
    ),
    "help": (
        "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7"
        "M12 17v.1"
    ),
    "menu": "M4 6h16M4 12h16M4 18h16",
    "check": "M5 12.5l4.5 4.5L19 7.5",
    "cross": "M6 6l12 12M18 6L6 18",
    "warning": "M12 4l9 16H3zM12 10v4M12 17v.1",
    "note": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 8v.1M12 11v6",
    "clock": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 7v5l3.5 2",
    "print": "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z",
    "columns": "M4 5h16v14H4zM9.5 5v14M15 5v14",
    "out": "M14 4H5v16h9M10 12h10M17 9l3 3-3 3",
    "back": "M11 6l-6 6 6 6M5 12h14",
    "next": "M9 6l6 6-6 6",
    "previous": "M15 6l-6 6 6 6",
    "first": "M17 6l-6 6 6 6M7 6v12",
    "lock": "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
    "pause": "M9 6v12M15 6v12",
    "stop": "M7 7h10v10H7z",
    "star": "M12 4l2.5 5.2 5.5.7-4 4 1 5.6-5-2.8-5 2.8 1-5.6-4-4 5.5-.7z",
    "add": "M12 5v14M5 12h14",
    "edit": "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
    "retry": "M5 12a7 7 0 1 1 2 5M5 19v-5h5",
}
