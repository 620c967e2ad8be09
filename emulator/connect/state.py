"""The world at this moment: instances, queues, flows, groups and numbers, each in its Region."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace

from .arns import Account
from .clock import Clock
from .mirroring import Mirror, MirroredWrite
from .seed import Flow, Instance, PhoneNumber, Queue, Seed, SeedError, TrafficDistributionGroup
from .settings import defaults


@dataclass
class QueueState:
    """A queue of one instance in one Region.

    Attributes:
        id, name, type, hours, tags: as in the seed.
        config: as it was written, by the API's names.
        written: when the config was written, in whichever Region.
        modified: LastModifiedTime.
        modified_region: LastModifiedRegion.
    """

    id: str
    name: str
    type: str
    hours: str
    tags: dict[str, str]
    config: dict[str, str]
    written: float
    modified: float
    modified_region: str


@dataclass
class InstanceState:
    """An instance in one Region."""

    id: str
    region: str
    alias: str
    replica_of: str | None
    queues: dict[str, QueueState]
    flows: dict[str, Flow]
    created: float


class World:
    """All resources of the emulated account. Hold `lock` while reading or changing more than one of them."""

    def __init__(self, seed: Seed) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.mirror = Mirror()
        self.load(seed)

    def load(self, seed: Seed) -> None:
        """Forgets everything and takes what a seed has."""
        with self.lock:
            self.clock.reset()
            self.mirror.clear()
            self.settings = defaults().changed(seed.settings)
            self.account = Account(seed.partition, seed.account)
            self.instances = {(entry.region, entry.id): self._instance(entry) for entry in seed.instances}
            self.groups = {group.id: group for group in seed.groups}
            self.numbers = {number.id: number for number in seed.numbers}

    def dump(self) -> Seed:
        """Returns the world as a seed, to look at or to load again."""
        with self.lock:
            return Seed(
                instances=tuple(_seed_of(instance) for instance in self.instances.values()),
                groups=tuple(self.groups.values()),
                numbers=tuple(self.numbers.values()),
                partition=self.account.partition,
                account=self.account.id,
                settings=self.settings.changes(),
            )

    def instance(self, region: str, instance_id: str) -> InstanceState | None:
        """Returns an instance in a Region, if it is there."""
        return self.instances.get((region, instance_id))

    def queue(self, region: str, instance_id: str, queue_id: str) -> QueueState | None:
        """Returns a queue, if it and its instance are there."""
        instance = self.instance(region, instance_id)
        return instance.queues.get(queue_id) if instance else None

    def regions_of(self, instance_id: str) -> set[str]:
        """Returns the Regions that have an instance with this id: the source's and the replicas'."""
        return {region for region, entry in self.instances if entry == instance_id}

    def linked(self, group: TrafficDistributionGroup, region: str) -> bool:
        """Says whether a group reaches a Region: one of the Regions of the instance that it is linked to."""
        return region in self.regions_of(group.instance_id)

    def group_of(self, number: PhoneNumber) -> TrafficDistributionGroup | None:
        """Returns the group that a number is claimed to, if any."""
        return self.groups.get(number.group_id) if number.group_id else None

    def claim_status(self, number: PhoneNumber) -> str:
        """Returns the status of a number's claim, which may be finished after so many looks at it."""
        if number.status != "IN_PROGRESS" or number.settles_after is None:
            return number.status
        if number.settles_after > 0:
            self.numbers[number.id] = replace(number, settles_after=number.settles_after - 1)
            return number.status
        self.numbers[number.id] = replace(number, status="CLAIMED", settles_after=None)
        return "CLAIMED"

    def number_arn(self, number: PhoneNumber) -> str:
        """Returns a number's V2 ARN."""
        return Account(self.account.partition, number.account or self.account.id).number(number.region, number.id)

    def target_arn(self, number: PhoneNumber) -> str | None:
        """Returns the ARN of the instance or group that a number is claimed to; None where it is nobody's here."""
        if number.instance_id:
            return self.account.instance(number.region, number.instance_id)
        return self.account.group(number.region, number.group_id) if number.group_id else None

    def put_queue(self, region: str, instance_id: str, queue: Queue) -> None:
        """Makes a queue, or puts another in its place; raises KeyError where the instance is not there."""
        with self.lock:
            self.instances[region, instance_id].queues[queue.id] = self._queue(queue, region)

    def put_queue_everywhere(self, region: str, instance_id: str, queue: Queue) -> None:
        """Makes a queue in every Region of the instance, last modified in one: as if it had been mirrored long ago."""
        with self.lock:
            self.put_queue(region, instance_id, queue)
            made = self.instances[region, instance_id].queues[queue.id]
            for other in self.regions_of(instance_id) - {region}:
                self.instances[other, instance_id].queues[queue.id] = replace(made, config=dict(made.config))

    def put_flow(self, region: str, instance_id: str, flow: Flow) -> None:
        """Makes a flow, or puts another in its place; raises KeyError where the instance is not there."""
        with self.lock:
            self.instances[region, instance_id].flows[flow.id] = flow

    def put_config(self, region: str, instance_id: str, queue_id: str, config: Mapping[str, str]) -> None:
        """Sets a queue's whole config unchecked and mirrors it, as the console does.

        Raises:
            KeyError: there is no such queue.
            SeedError: the config has a member that the API does not have.
        """
        with self.lock:
            queue = self.instances[region, instance_id].queues[queue_id]
            checked = Queue(queue_id, queue.name, config, queue.type)
            self.write_config(region, instance_id, queue_id, checked.config)

    def write_config(self, region: str, instance_id: str, queue_id: str, config: Mapping[str, str]) -> None:
        """Writes a queue's whole config, and sends the write on its way to the instance's other Regions."""
        queue, now = self.instances[region, instance_id].queues[queue_id], self.clock.now()
        queue.config, queue.written, queue.modified, queue.modified_region = dict(config), now, now, region
        if self.settings.mirroring == "nothing":
            return
        for other in self.regions_of(instance_id) - {region}:
            self.mirror.send(
                MirroredWrite(
                    source=region,
                    region=other,
                    instance=instance_id,
                    queue=queue_id,
                    config=dict(config),
                    with_number=self.settings.mirroring == "everything",
                    written=now,
                    due=now + self.settings.mirroring_delay,
                )
            )
        self.settle()

    def settle(self) -> None:
        """Lets the mirrored writes take effect that have arrived by now."""
        with self.lock:
            for write in self.mirror.arrived(self.clock.now()):
                queue = self.queue(write.region, write.instance, write.queue)
                if queue is None or (queue.written > write.written and not write.overwrites):
                    continue
                queue.config, queue.written, queue.modified_region = (
                    write.over(queue.config),
                    write.written,
                    write.source,
                )
                queue.modified = write.written if self.settings.mirrored_time == "written" else write.due

    def put_number(self, number: PhoneNumber) -> None:
        """Makes a number, or claims it anew; raises SeedError for a group that was not created in its Region."""
        with self.lock:
            group = self.groups.get(number.group_id or "")
            if number.group_id and (group is None or group.region != number.region):
                raise SeedError(f"{number.number} is claimed to a group that was not created in {number.region}")
            self.numbers[number.id] = number

    def release_number(self, number_id: str) -> None:
        """Makes a number nobody's; raises KeyError where there is none."""
        with self.lock:
            self.numbers[number_id] = replace(self.numbers[number_id], instance_id=None, group_id=None, account=None)

    def put_group(self, group: TrafficDistributionGroup) -> None:
        """Makes a traffic distribution group."""
        with self.lock:
            self.groups[group.id] = group

    def delete_queue(self, region: str, instance_id: str, queue_id: str) -> None:
        """Deletes a queue in one Region; raises KeyError where there is none."""
        with self.lock:
            del self.instances[region, instance_id].queues[queue_id]

    def delete_flow(self, region: str, instance_id: str, flow_id: str) -> None:
        """Deletes a flow in one Region; raises KeyError where there is none."""
        with self.lock:
            del self.instances[region, instance_id].flows[flow_id]

    def delete_instance(self, region: str, instance_id: str) -> None:
        """Deletes an instance with its queues and flows in one Region; raises KeyError where there is none."""
        with self.lock:
            del self.instances[region, instance_id]

    def delete_group(self, group_id: str) -> None:
        """Deletes a group; its numbers become nobody's. Raises KeyError where there is none."""
        with self.lock:
            del self.groups[group_id]
            for number in [entry for entry in self.numbers.values() if entry.group_id == group_id]:
                self.release_number(number.id)

    def _queue(self, queue: Queue, modified_region: str) -> QueueState:
        now = self.clock.now()
        return QueueState(
            id=queue.id,
            name=queue.name or queue.id,
            type=queue.type,
            hours=queue.hours,
            tags=dict(queue.tags),
            config=dict(queue.config),
            written=now,
            modified=now,
            modified_region=modified_region,
        )

    def _instance(self, seed: Instance) -> InstanceState:
        # A mirrored instance's queues were made in its source Region; others know of no other Region.
        origin = seed.region if self.settings.mirroring == "nothing" else seed.replica_of or seed.region
        return InstanceState(
            id=seed.id,
            region=seed.region,
            alias=seed.alias,
            replica_of=seed.replica_of,
            queues={queue.id: self._queue(queue, origin) for queue in seed.queues},
            flows={flow.id: flow for flow in seed.flows},
            created=self.clock.now(),
        )


def _seed_of(instance: InstanceState) -> Instance:
    return Instance(
        id=instance.id,
        region=instance.region,
        alias=instance.alias,
        replica_of=instance.replica_of,
        queues=tuple(
            Queue(queue.id, queue.name, dict(queue.config), queue.type, queue.hours, dict(queue.tags))
            for queue in instance.queues.values()
        ),
        flows=tuple(instance.flows.values()),
    )
