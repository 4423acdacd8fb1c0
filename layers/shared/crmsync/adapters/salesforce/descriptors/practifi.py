"""Practifi: a managed package on Salesforce. People are often person accounts ("Individuals").

Campaigns come with its Promote add-on, says the vendor's own object list.
"""

from __future__ import annotations

from crmsync.adapters.salesforce.descriptors import standard
from crmsync.adapters.salesforce.descriptors.model import Descriptor
from crmsync.domain.person import PersonKind

PRACTIFI = Descriptor(
    name="practifi",
    contact=standard.CONTACT,
    lead=standard.LEAD,
    account=standard.PERSON_ACCOUNT,
    login_urls=standard.LOGIN_URLS,
    new_people=PersonKind.PERSON_ACCOUNT,
    campaign_add_on="Promote",
)
