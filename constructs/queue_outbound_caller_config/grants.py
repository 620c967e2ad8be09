"""What a config's arguments mean for the role: ids and places taken from them, also where only the deployment knows them.

Of a construct it is certain that it gives an ARN, so its parts are split off. A plain token may turn out an id or an ARN.
Then something is put behind it such that the same part of the split text is right for both: in `T/T` the second of the parts
at `/` is the instance's id, be T an id or `…:instance/ID`.
"""

from __future__ import annotations

from queue_outbound_caller_config_provider.arns import Instance, NumberForm, PhoneNumber, Place
from queue_outbound_caller_config_provider.config import DeletionBehavior

from .arguments import Arguments, Value
from .expressions import (
    LONGEST_ID,
    LONGEST_NUMBER_ARN,
    LONGEST_PARTITION,
    LONGEST_REGION,
    Text,
    join,
    part,
    token,
)
from .permissions import ExactNumber, Grant, InstanceScope, Reach, Where

_LONGEST_ACCOUNT = 12
_LONGEST_TOKEN = LONGEST_NUMBER_ARN
_LONGEST_INSTANCE_ARN = LONGEST_NUMBER_ARN


def grant_of(arguments: Arguments, stack: Where) -> Grant:
    """Returns what a config needs.

    Arguments:
        arguments: of the config.
        stack: the place of bare ids.
    """
    behavior = arguments.behavior.parsed
    return Grant(
        instance=instance_scope(arguments, stack),
        queue_id=_resource_id(arguments.queue),
        flow=_flow(arguments, behavior),
        number=_number(arguments, behavior),
        lookups=_may_look_up(arguments, behavior),
        by_id=_may_be_an_id(arguments),
    )


def instance_scope(arguments: Arguments, stack: Where) -> InstanceScope:
    """Returns the queue's instance: by what is concrete first, for the instance's ARN and the queue's agree."""
    instance, queue = arguments.instance, arguments.queue
    place = arguments.place
    if instance.parsed:
        instance_id: Text = instance.parsed.id
    elif queue.parsed and queue.parsed.instance_id:
        instance_id = queue.parsed.instance_id
    else:
        instance_id = _id_of_instance(instance)
    if place:
        return InstanceScope(where(place), instance_id)
    own_arn = token(instance.text, _LONGEST_INSTANCE_ARN) if instance.is_arn and not instance.parsed else None
    return InstanceScope(_place_of(instance, _place_of(queue, stack)), instance_id, own_arn)


def scope_of(instance: Value[Instance], stack: Where) -> InstanceScope:
    """Returns an instance that is granted as a whole."""
    if instance.parsed is not None:
        place = instance.parsed.place
        return InstanceScope(where(place) if place else stack, instance.parsed.id)
    own_arn = token(instance.text, _LONGEST_INSTANCE_ARN) if instance.is_arn else None
    return InstanceScope(_place_of(instance, stack), _id_of_instance(instance), own_arn)


def _id_of_instance(instance: Value[Instance]) -> Text:
    text = token(instance.text, _LONGEST_TOKEN)
    return part(text if instance.is_arn else join(text, "/", text), "/", 1, LONGEST_ID)


def where(place: Place) -> Where:
    """Returns a concrete place."""
    return Where(place.partition, place.region, place.account)


def _place_of(value: Value[object], default: Where) -> Where:
    """Returns the place in an ARN, `default` for a bare id; which of the two a token is, the deployment finds out."""
    if value.parsed is not None:
        return default
    text = token(value.text, _LONGEST_TOKEN)
    if not value.is_arn:
        text = join(text, ":", default.partition, ":connect:", default.region, ":", default.account)
    return Where(
        part(text, ":", 1, LONGEST_PARTITION), part(text, ":", 3, LONGEST_REGION), part(text, ":", 4, _LONGEST_ACCOUNT)
    )


def _resource_id(value: Value[object]) -> Text:
    """Returns the id of a queue or flow: the fourth part of `arn:…:instance/INSTANCE/KIND/ID`."""
    if value.parsed is not None:
        return str(getattr(value.parsed, "id"))  # noqa: B009 - queues and flows alike
    text = token(value.text, _LONGEST_TOKEN)
    return part(text if value.is_arn else join(text, "/-/-/", text), "/", 3, LONGEST_ID)


def _flow(arguments: Arguments, behavior: DeletionBehavior | None) -> Text | Reach:
    if arguments.flow is None:
        return Reach.NONE if behavior is DeletionBehavior.CLEAR else Reach.INSTANCE
    if behavior not in (DeletionBehavior.CLEAR, DeletionBehavior.RETAIN):
        return Reach.INSTANCE
    return _resource_id(arguments.flow)


def _number(arguments: Arguments, behavior: DeletionBehavior | None) -> ExactNumber | Reach:
    if arguments.number is None:
        return Reach.NONE if behavior is DeletionBehavior.CLEAR else Reach.INSTANCE
    if behavior not in (DeletionBehavior.CLEAR, DeletionBehavior.RETAIN):
        return Reach.INSTANCE
    number = arguments.number.parsed
    if number is not None:
        return _exact(number)
    if not arguments.number.is_arn:
        return Reach.INSTANCE  # a token may turn out an E.164 number, of which no ARN is known
    arn = token(arguments.number.text, LONGEST_NUMBER_ARN)
    return ExactNumber(part(arn, "/", 1, LONGEST_ID), arn)


def _exact(number: PhoneNumber) -> ExactNumber | Reach:
    if number.id is None:
        return Reach.INSTANCE
    return ExactNumber(number.id, number.text if number.form is NumberForm.V2 else None)


def _may_be_an_id(arguments: Arguments) -> bool:
    number = arguments.number
    if number is None or number.is_arn:
        return False
    return number.parsed is None or number.parsed.form is NumberForm.UUID


def _may_look_up(arguments: Arguments, behavior: DeletionBehavior | None) -> bool:
    """Tells whether the function may have to look for a number: never for a V2 ARN, be it declared or a construct's."""
    number = arguments.number
    if behavior is not DeletionBehavior.CLEAR and (number is None or behavior is not DeletionBehavior.RETAIN):
        return True  # the baseline's number may be written as an id
    if number is None:
        return False
    return not (number.is_arn or (number.parsed is not None and number.parsed.form is NumberForm.V2))
