"""The standard objects of Salesforce, which all platforms of the family keep."""

from __future__ import annotations

from crmsync.adapters.salesforce.descriptors.model import ObjectMap

NAMES = {"salutation": "Salutation", "first_name": "FirstName", "last_name": "LastName"}

CONTACT = ObjectMap(
    fields={
        **NAMES,
        "email": "Email",
        "title": "Title",
        "phone": "Phone",
        "mobile_phone": "MobilePhone",
        "street": "MailingStreet",
        "city": "MailingCity",
        "state": "MailingState",
        "postal_code": "MailingPostalCode",
        "country": "MailingCountry",
        "birthdate": "Birthdate",
    },
    consent="HasOptedOutOfEmail",
    external_id="CrmSync_Id__c",
    company="Account.Name",
)
LEAD = ObjectMap(
    fields={
        **NAMES,
        "email": "Email",
        "title": "Title",
        "phone": "Phone",
        "mobile_phone": "MobilePhone",
        "street": "Street",
        "city": "City",
        "state": "State",
        "postal_code": "PostalCode",
        "country": "Country",
    },
    consent="HasOptedOutOfEmail",
    external_id="CrmSync_Id__c",
    company="Company",
)
PERSON_ACCOUNT = ObjectMap(
    fields={
        **NAMES,
        "email": "PersonEmail",
        "title": "PersonTitle",
        "phone": "Phone",
        "mobile_phone": "PersonMobilePhone",
        "street": "PersonMailingStreet",
        "city": "PersonMailingCity",
        "state": "PersonMailingState",
        "postal_code": "PersonMailingPostalCode",
        "country": "PersonMailingCountry",
        "birthdate": "PersonBirthdate",
    },
    consent="PersonHasOptedOutOfEmail",
    external_id="CrmSync_Id__pc",
)
LOGIN_URLS = {
    "production": "https://login.salesforce.com",
    "sandbox": "https://test.salesforce.com",
}
