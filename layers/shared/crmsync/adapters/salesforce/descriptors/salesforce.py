"""Salesforce itself."""

from __future__ import annotations

from crmsync.adapters.salesforce.descriptors import standard
from crmsync.adapters.salesforce.descriptors.model import Descriptor

SALESFORCE = Descriptor(
    name="salesforce",
    contact=standard.CONTACT,
    lead=standard.LEAD,
    account=standard.PERSON_ACCOUNT,
    login_urls=standard.LOGIN_URLS,
)
