"""Which kinds of job there are, and the function that does each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules

if TYPE_CHECKING:
    from bureau.core.jobs.context import Again, JobContext
    from bureau.core.models import Job

Handler = Callable[["JobContext"], "Again | None"]

_kinds: dict[str, "JobKind"] = {}


@dataclass(frozen=True)
class JobKind:
    """One kind of job.

    A run that shows no sign of life (step, progress, phase or heartbeat) for `stall_seconds` is
    held to be stuck. A kind that is not cancellable runs to its end once it has begun.
    `about_route` is the page of what a job is about, by the number in its argument
    `about_argument`. `title` says in the reader's language what a job is about, from the job and
    its area alone; without it, or where it says nothing, the label stands that was kept.
    """

    name: str
    function: Handler
    queue: str
    label: str | Promise
    cancellable: bool
    stall_seconds: int
    about_route: str = ""
    about_argument: str = ""
    title: "Callable[[Job], str] | None" = None
    #: The route whose roles, by the matrix, stop and retry others' jobs of this kind; none: nobody.
    steered_by: str = ""

    def about(self, arguments: Mapping[str, Any]) -> tuple[str, int] | None:
        """The route and number of what a job with these arguments is about, if it has a page."""
        number = arguments.get(self.about_argument)
        return (self.about_route, int(number)) if self.about_route and number else None


def register(
    name: str,
    *,
    queue: str = "bulk",
    label: str | Promise = "",
    cancellable: bool = True,
    stall_seconds: int = 900,
    about: tuple[str, str] = ("", ""),
    title: "Callable[[Job], str] | None" = None,
    steered_by: str = "",
) -> Callable[[Handler], Handler]:
    """Decorator: the function does jobs of this kind; it belongs in an app's `tasks` module.

    `about` names the route of the page of what a job is about, and the argument with its number;
    `title` says in the reader's language what a job is about. `steered_by` is the route of the act
    that the job carries out: who may send it may stop and retry the jobs of the own areas.
    """

    def keep(function: Handler) -> Handler:
        if name in _kinds and _kinds[name].function is not function:
            raise ValueError(f"two functions do jobs of kind {name}")
        _kinds[name] = JobKind(
            name, function, queue, label or name, cancellable, stall_seconds, *about, title,
            steered_by,
        )  # fmt: skip
        return function

    return keep


def autodiscover() -> None:
    """The `tasks` module of every app is imported, so that every kind is known."""
    autodiscover_modules("tasks")


def kinds() -> list[JobKind]:
    """Every kind of job, by name."""
    return [_kinds[name] for name in sorted(_kinds)]


def kind_of(name: str) -> JobKind:
    """The kind of this name. Raises LookupError when no app of this release does such jobs."""
    try:
        return _kinds[name]
    except KeyError:
        raise LookupError(f"no app does jobs of kind {name}") from None


def label_of(name: str) -> str:
    """The words for a kind of job; its name when this release does not know it."""
    return str(_kinds[name].label) if name in _kinds else name


def title_of(job: "Job") -> str:
    """What the job is about, in the reader's language where its kind can say it."""
    kind = _kinds.get(job.kind)
    return (kind.title(job) if kind and kind.title else "") or job.label
