"""The platforms of the Salesforce family, by name."""

from __future__ import annotations

from collections.abc import Mapping

from crmsync.adapters.salesforce.descriptors.model import Descriptor, ObjectMap
from crmsync.adapters.salesforce.descriptors.practifi import PRACTIFI
from crmsync.adapters.salesforce.descriptors.salentica import SALENTICA
from crmsync.adapters.salesforce.descriptors.salesforce import SALESFORCE

DESCRIPTORS: Mapping[str, Descriptor] = {
    each.name: each for each in (SALESFORCE, PRACTIFI, SALENTICA)
}

__all__ = ["DESCRIPTORS", "Descriptor", "ObjectMap"]
