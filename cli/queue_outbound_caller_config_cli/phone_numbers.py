"""The phone numbers that an instance can use, in all its Regions, and what each is called by a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from queue_outbound_caller_config_provider.arns import PhoneNumber, resource_id
from queue_outbound_caller_config_provider.errors import ProviderError

from .aws import Aws
from .instances import ConnectInstance


@dataclass(frozen=True)
class KnownNumber:
    """A number that is claimed to an instance or to one of its traffic distribution groups.

    Attributes:
        id: Its resource id.
        arn: Its V2 ARN, whose Region is where it was claimed.
        e164: As one dials it.
        region: The Region where it was claimed.
        of_group: Whether a traffic distribution group has it, so that every Region of the instance can use it.
    """

    id: str
    arn: str
    e164: str
    region: str
    of_group: bool

    @property
    def claimed_to(self) -> str:
        """What it is claimed to, for a person."""
        return f"{'group' if self.of_group else 'instance'} {self.region}"

    def usable_from(self, region: str) -> bool:
        """Tells whether queues in a Region can use it."""
        return self.of_group or region == self.region

    def form_for(self, region: str) -> str:
        """Says how the API takes it from a Region: as ARN, as id, or not at all."""
        if not self.usable_from(region):
            return "not usable"
        return "ARN or id" if region == self.region else "ARN only"


class NumberBook:
    """The numbers of an instance.

    Args:
        numbers: All that are known.
        problems: What could not be listed, each in a sentence.
    """

    def __init__(self, numbers: Iterable[KnownNumber], problems: Iterable[str] = ()) -> None:
        self.numbers = sorted(numbers, key=lambda number: (number.e164, number.id))
        self.problems = tuple(problems)
        self._by_id = {number.id: number for number in self.numbers}

    def by_id(self, text: str | None) -> KnownNumber | None:
        """Returns the number that an id or an ARN names, if it is known."""
        return self._by_id.get(resource_id(text) or "")

    def written(self, number: PhoneNumber, region: str) -> KnownNumber | None:
        """Returns the number that a person wrote in any form, if a Region can use it, else any that fits."""
        fitting = [one for one in self.numbers if number.id == one.id or number.text == one.e164]
        usable = [one for one in fitting if one.usable_from(region)]
        return next(iter(usable or fitting), None)

    def shown(self, text: str | None) -> str:
        """Returns a number as one dials it and where it is claimed; an unknown one as it is written."""
        if text is None:
            return ""
        number = self.by_id(text)
        return f"{number.e164} ({number.claimed_to})" if number else f"{text} (unknown)"


def number_book(aws: Aws, instance: ConnectInstance, wanted: Iterable[str] | None = None) -> NumberBook:
    """Returns the numbers of an instance in the Regions that are looked at.

    Args:
        aws: The caller's AWS.
        instance: The instance.
        wanted: Ids or ARNs; once all of these are known no further list is read. None: every number.
    """
    lists = _Lists(aws, instance, None if wanted is None else {str(resource_id(text)) for text in wanted})
    for region in instance.regions:
        lists.read(region)
    for group in lists.groups():
        lists.read(instance.regions[0], group)
    return NumberBook(lists.numbers.values(), lists.problems)


class _Lists:
    """Reads lists of numbers for as long as a wanted number is missing."""

    def __init__(self, aws: Aws, instance: ConnectInstance, wanted: set[str] | None) -> None:
        self.numbers: dict[str, KnownNumber] = {}
        self.problems: list[str] = []
        self._aws = aws
        self._instance = instance
        self._wanted = wanted

    def read(self, region: str, group_arn: str | None = None) -> None:
        """Reads the numbers of a group, or of the instance in a Region."""
        if self._is_complete():
            return
        api = self._aws.instance_api(self._instance.place(region), self._instance.id)
        try:
            for entry in api.list_numbers(group_arn=group_arn):
                number = _known(entry, region, of_group=group_arn is not None)
                self.numbers.setdefault(number.id, number)
        except ProviderError as problem:
            self._note(problem)

    def groups(self) -> list[str]:
        """Returns the ARNs of the instance's traffic distribution groups."""
        if self._is_complete():
            return []
        api = self._aws.instance_api(self._instance.places[0], self._instance.id)
        try:
            return list(api.list_groups())
        except ProviderError as problem:
            self._note(problem)
            return []

    def _is_complete(self) -> bool:
        return self._wanted is not None and self._wanted <= self.numbers.keys()

    def _note(self, problem: ProviderError) -> None:
        text = f"Some numbers are not known: {problem}"
        if text not in self.problems:  # every group is refused for the same reason
            self.problems.append(text)


def _known(entry: dict[str, str], region: str, *, of_group: bool) -> KnownNumber:
    number = PhoneNumber.parse(entry["PhoneNumberArn"])
    home = number.place.region if number.place else region
    return KnownNumber(str(number.id), number.text, entry["PhoneNumber"], home, of_group)
