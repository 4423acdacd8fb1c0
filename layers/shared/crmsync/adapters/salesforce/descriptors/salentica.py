"""Salentica Elements: a managed package on Salesforce that keeps standard people.

Salentica Engage has the same maker but runs on Microsoft Dynamics.
"""

from __future__ import annotations

from crmsync.adapters.salesforce.descriptors import standard
from crmsync.adapters.salesforce.descriptors.model import Descriptor

_ENGAGE = (
    "This is a Microsoft Dynamics address, as Salentica Engage uses. Engage is not a Salesforce "
    "org and cannot be connected; Salentica Elements can."
)

SALENTICA = Descriptor(
    name="salentica",
    contact=standard.CONTACT,
    lead=standard.LEAD,
    account=standard.PERSON_ACCOUNT,
    login_urls=standard.LOGIN_URLS,
    foreign_hosts={"dynamics.com": _ENGAGE, "powerapps.com": _ENGAGE},
)
