"""simple-salesforce at work; prints what it did."""

from __future__ import annotations

import os
from typing import Any

import requests
from simple_salesforce.api import Salesforce


def main() -> None:
    """Log in by password, write, read, page, describe, bulk."""
    session = requests.Session()
    url = os.environ["ORG_URL"]
    form = {"grant_type": "password", "client_id": "judge", "client_secret": "judge"}
    form |= {"username": os.environ["ORG_USERNAME"], "password": os.environ["ORG_PASSWORD"]}
    token = session.post(f"{url}/services/oauth2/token", data=form, timeout=30).json()
    sf: Any = Salesforce(instance_url=url, session_id=token["access_token"], session=session)
    made = sf.Contact.create({"LastName": "Judge"})["id"]
    sf.Contact.update(made, {"Title": "Honourable"})
    if sf.Contact.get(made)["Title"] != "Honourable":
        raise SystemExit("an update was not there when read back")
    sf.Contact.delete(made)
    print("created, updated, read and deleted a contact")
    found = sf.query_all("SELECT Id FROM Contact")
    print(f"queried {found['totalSize']} contacts")
    records = [{"attributes": {"type": "Contact"}, "LastName": "One"}]
    records += [{"attributes": {"type": "Contact"}, "FirstName": "Nameless"}]
    body = {"allOrNone": False, "records": records}
    answers = sf.restful("composite/sobjects", method="POST", json=body)
    if [each["success"] for each in answers] != [True, False]:
        raise SystemExit(f"collections answered {answers}")
    print("a collection kept the good row and refused the bad one")
    (result,) = sf.bulk2.Contact.insert(records=[{"LastName": "Bulk"}])
    if result["numberRecordsFailed"]:
        raise SystemExit(f"bulk answered {result}")
    print("inserted by bulk")


if __name__ == "__main__":
    main()
