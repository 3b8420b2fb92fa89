"""What a partner's name for a value most likely means, as the template that gives it."""

import re
from difflib import get_close_matches

NAME = "{{ lead.first_name }} {{ lead.last_name }}"
# Template, and the names for it, without case and signs.
_NAMES: dict[str, str] = {
    "lead.id": "leadid leadnumber leadno leadref leadkey leadguid leaduuid",
    "lead.email": "email emailaddress mail leademail",
    "lead.phone_1": "phone phone1 phonenumber telephone tel homephone primaryphone mobile mobilephone cell cellphone",
    "lead.phone_2": "phone2 phonenumber2 secondaryphone alternatephone altphone workphone",
    "lead.phone_3": "phone3",
    "lead.first_name": "firstname fname givenname forename leadfirstname",
    "lead.last_name": "lastname lname surname familyname leadlastname",
    "lead.address_1": "address address1 addressline1 street streetaddress",
    "lead.address_2": "address2 addressline2",
    "lead.city": "city town",
    "lead.state": "state statecode province region",
    "lead.postal_code": "zip zipcode postalcode postcode",
    "lead.country": "country countrycode",
    "feedback.reason": "reason returnreason rejectreason rejectionreason reasontext reasoncode leadreason",
    "feedback.timestamp": "timestamp returnedat returndate returnedon convertedat conversiondate convertedon "
    "occurredat eventdate eventtime feedbackdate saledate",
    "feedback.type": "feedbacktype",
    "value.amount": "amount value revenue saleamount salevalue orderamount ordervalue conversionvalue",
    "value.currency": "currency currencycode",
    "price": "price cost leadprice leadcost creditamount refundamount",
    "submission.ip": "ip ipaddress leadip clientip",
    "submission.timestamp": "submittedat submissiondate leaddate",
    "event.id": "eventid requestid messageid transactionid externalid",
    "flow.id": "campaignid flowid",
    "flow.name": "campaign campaignname",
    "recipient.id": "buyerid recipientid",
    "recipient.name": "buyer buyername recipient",
}
_TEMPLATES = {
    **{name: f"{{{{ {path} }}}}" for path, names in _NAMES.items() for name in names.split()},
    **dict.fromkeys(("fullname", "leadname", "customername", "contactname"), NAME),
}
_NEAR = 0.88  # of two names: emailadress and emailaddress are this near, state and rate are not
_SHORTEST = 5  # of names that may be misspelt


def template(key: str, type: str = "") -> str | None:
    """The template for a mapping key such as `Lead.Phones.0@number`, or None. type: of the value, such as `date`."""
    words = [_bare(word) for word in re.split(r"[.@]", key) if not word.isdigit()]
    last, both = words[-1] if words else "", "".join(words[-2:])
    found = _TEMPLATES.get(both) or _TEMPLATES.get(last)
    if found is None and len(last) >= _SHORTEST:
        near = get_close_matches(last, _TEMPLATES, n=1, cutoff=_NEAR)
        found = _TEMPLATES[near[0]] if near else None
    if found is not None and type == "date" and "timestamp" in found:
        return found.replace(" }}", " | date('yyyy-MM-dd') }}")
    return found


def _bare(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())
