"""OAuth 2.0 as Salesforce speaks it: authorize page, token endpoint, identity, revoke."""
