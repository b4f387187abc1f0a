"""The page of a form: errors summed up with links, answers checked before the act, sent once."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core.errors import DomainError, MovedOn
from bureau.ui import once
from bureau.ui.forms import EntryForm, FieldError, errors_of
from bureau.ui.views.conflicts import conflict_page
from bureau.ui.views.pages import PortalPage


class FormPage(PortalPage):
    """A form. Subclasses give `form_class` and `carry_out`.

    A form that edits gives `version`, and its act compares `seen_version` with the version that it
    finds under a lock: who comes second is told what stands by now.

    With `check_answers` the answers are shown for a last look before anything is done; a form
    with files cannot be held that way and is refused when the class is made.
    """

    template_name = "ui/form_page.html"
    check_template_name: ClassVar[str] = "ui/check_page.html"
    form_class: ClassVar[type[forms.Form]] = EntryForm
    check_answers: ClassVar[bool] = False
    submit_label: ClassVar[Any] = gettext_lazy("Save")
    check_lead: ClassVar[Any] = gettext_lazy("Please check before you confirm.")

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.check_answers and cls.form_class(data=None).is_multipart():
            raise TypeError(f"{cls.__name__}: a form with files cannot check answers")

    def initial(self) -> dict[str, Any]:
        return {}

    def form_options(self) -> dict[str, Any]:
        """Further arguments of the form, e.g. the choices within the scope."""
        return {}

    def version(self) -> str:
        """The version of what is edited (`core.versions`); empty where nothing is."""
        return ""

    @property
    def seen_version(self) -> str:
        """The version upon which the form was filled in, as it was sent back."""
        return self.request.POST.get("version", "")

    def carry_out(self, form: Any) -> str:
        """What becomes true; the address of the page to go to. Raises DomainError to refuse."""
        raise NotImplementedError

    def success_message(self, form: Any) -> Any:
        return ""

    def effects(self, form: Any) -> list[tuple[Any, Any]]:
        """What the act will do, shown under the answers: totals, consequences, legal basis."""
        return []

    def cancel_url(self) -> str:
        """Where the reader goes who does not want to go on: one level up."""
        return self.breadcrumbs()[-1][1]

    def build(self, *, bound: bool) -> forms.Form:
        if bound:
            return self.form_class(
                self.request.POST,
                self.request.FILES or None,
                initial=self.initial(),
                **self.form_options(),
            )
        return self.form_class(initial=self.initial(), **self.form_options())

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.show_form(self.build(bound=False), token=once.new_token())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.build(bound=True)
        token = request.POST.get("form_token") or once.new_token()
        if not form.is_valid():
            return self.show_form(form, token=token, status=422)
        if "_change" in request.POST:
            return self.show_form(form, token=token)
        if self.check_answers and "_confirmed" not in request.POST:
            return self.show_check(form, token)
        return self.send(form, token)

    def send(self, form: forms.Form, token: str) -> HttpResponseBase:
        """The act is carried out once; a refusal comes back as an error of the form."""
        refusal: DomainError | None = None

        def act() -> str | None:
            nonlocal refusal
            try:
                return self.carry_out(form)
            except DomainError as error:
                refusal = error
                return None

        address, is_double = once.carried_out_once(self.request, token, act)
        if isinstance(refusal, MovedOn):
            return conflict_page(self.request, refusal, self.cancel_url())
        if address is None:
            text = str(refusal) if refusal else _("The form was refused.")
            form.add_error(None, text)
            return self.show_form(form, token=token, status=409)
        message = self.success_message(form)
        if is_double:
            messages.info(
                self.request, _("This form had already been sent; it was not sent again.")
            )
        elif message:
            messages.success(self.request, str(message))
        return redirect(address)

    def show_form(self, form: forms.Form, *, token: str, status: int = 200) -> HttpResponse:
        errors: list[FieldError] = []
        if form.is_bound:
            errors = errors_of(form)
            describe(form)
        return self.show(
            status=status,
            form=form,
            form_token=token,
            version=self.seen_version or self.version(),
            errors=errors,
            submit_label=_("Continue") if self.check_answers else self.submit_label,
            cancel_url=self.cancel_url(),
        )

    def show_check(self, form: forms.Form, token: str) -> HttpResponse:
        answers = form.answers() if isinstance(form, EntryForm) else []
        return self.answer(
            self.check_template_name,
            form=form,
            form_token=token,
            version=self.seen_version,
            answers=answers,
            effects=self.effects(form),
            submit_label=self.submit_label,
            check_lead=self.check_lead,
            sent=sent_values(form),
        )


def describe(form: forms.Form) -> None:
    """Each input in error is tied to the text of its error for screen readers."""
    for field in form:
        if field.errors and not field.use_fieldset:
            ids = [f"{field.auto_id}_error"]
            if field.help_text:
                ids.insert(0, f"{field.auto_id}_helptext")
            field.field.widget.attrs["aria-describedby"] = " ".join(ids)


def sent_values(form: forms.Form) -> list[tuple[str, str]]:
    """The values as they were sent, for the hidden inputs of the check page."""
    data: Any = form.data
    return [
        (name, value)
        for name in (field.html_name for field in form)
        for value in data.getlist(name)
    ]
