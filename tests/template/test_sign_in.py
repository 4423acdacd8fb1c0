"""Nobody makes themselves a user, and nobody chooses their own firm."""

from __future__ import annotations

from tests.template.template import Template


def test_only_an_administrator_makes_users(translated: Template) -> None:
    pool = translated.one("AWS::Cognito::UserPool")

    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True


def test_a_user_cannot_write_which_firm_they_belong_to(translated: Template) -> None:
    client = translated.one("AWS::Cognito::UserPoolClient")
    (attribute,) = translated.one("AWS::Cognito::UserPool")["Schema"]

    assert attribute["Name"] == "tenant_id"
    assert "custom:tenant_id" in client["ReadAttributes"]
    assert set(client["WriteAttributes"]) == {"email", "name"}


def test_a_changed_address_counts_only_once_it_is_verified(translated: Template) -> None:
    pool = translated.one("AWS::Cognito::UserPool")

    assert pool["UserAttributeUpdateSettings"] == {
        "AttributesRequireVerificationBeforeUpdate": ["email"]
    }


def test_the_two_roles_are_groups(translated: Template) -> None:
    groups = translated.of_type("AWS::Cognito::UserPoolGroup").values()

    assert {group["GroupName"] for group in groups} == {"advisor", "marketing-admin"}


def test_the_page_signs_in_by_code_without_a_secret(translated: Template) -> None:
    client = translated.one("AWS::Cognito::UserPoolClient")

    assert client.get("GenerateSecret", False) is False
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["PreventUserExistenceErrors"] == "ENABLED"


def test_a_password_signs_a_program_in_only_on_an_emulated_account(translated: Template) -> None:
    flows = translated.one("AWS::Cognito::UserPoolClient")["ExplicitAuthFlows"]

    assert flows == [
        "ALLOW_REFRESH_TOKEN_AUTH",
        {"Fn::If": ["IsInAws", {"Ref": "AWS::NoValue"}, "ALLOW_USER_PASSWORD_AUTH"]},
    ]


def test_sign_in_returns_to_the_page_and_nowhere_else(translated: Template) -> None:
    client = translated.one("AWS::Cognito::UserPoolClient")
    page = [{"Fn::Sub": "${PublicUrlParameter.Value}/"}]

    assert client["CallbackURLs"] == page
    assert client["LogoutURLs"] == page
