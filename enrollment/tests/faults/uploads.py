"""The form of a new roster as a browser sends it: in part, again, or to a new server."""

import re
import socket
from pathlib import Path

from django.conf import settings as django_settings
from django.test import Client

from bureau.processes import LOOPBACK
from enrollment.tests import rosters

BOUNDARY = "one-part-ends-here"
#: Large enough to arrive in many pieces.
CONTENT = rosters.csv_of(rosters.lines(range(900)) * 40)


class Form:
    """The form of a new roster as the clerk's browser has it: it may be sent more than once."""

    def __init__(self, web, clerk):
        client = Client()
        client.force_login(clerk, backend="bureau.core.sign_in.StaffBackend")
        session = client.cookies["sid"].value
        shown = web.request("GET", "/rosters/new/", headers={"Cookie": f"sid={session}"})
        assert shown.status == 200, shown.text[:500]
        cookies = ";".join(shown.headers.get_all("Set-Cookie", []))
        csrf = re.search(r"csrf=([^;]+)", cookies).group(1)
        fields = {
            name: re.search(f'name="{name}" value="([^"]+)"', shown.text).group(1)
            for name in ("csrfmiddlewaretoken", "form_token")
        }
        fields |= {
            "area": "210281",
            "scheme": "NCMS",
            "year": "2019",
        }
        lines = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        file = 'Content-Disposition: form-data; name="uploads"; filename="r.csv"\r\n'
        lines.append(f"--{BOUNDARY}\r\n{file}Content-Type: text/csv\r\n\r\n")
        self.body = "".join(lines).encode() + CONTENT + f"\r\n--{BOUNDARY}--\r\n".encode()
        self.headers = {
            "Cookie": f"sid={session}; csrf={csrf}",
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Content-Length": str(len(self.body)),
        }

    def send(self, web):
        answer = web.request("POST", "/rosters/new/", self.body, self.headers)
        assert answer.status in (302, 303), (answer.status, answer.text[:2000])
        return answer.headers["Location"]

    def send_part(self, web, share):
        """The beginning of the form, on a connection that stays open."""
        line = socket.create_connection((LOOPBACK, web.port), 10)
        head = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        line.sendall(f"POST /rosters/new/ HTTP/1.1\r\nHost: {LOOPBACK}\r\n{head}\r\n".encode())
        line.sendall(self.body[: int(len(self.body) * share)])
        return line


def rests():
    """Files of uploads on the disk."""
    folders = (django_settings.MEDIA_ROOT / "kept" / "roster", django_settings.FILE_UPLOAD_TEMP_DIR)
    return {path for folder in folders for path in Path(folder).rglob("*") if path.is_file()}
