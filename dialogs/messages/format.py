"""Values as people write them."""

import phonenumbers


def format_phone(number: str) -> str:
    """A stored telephone number as people write it: 691 234 5678, +61 412 345 678."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    form = phonenumbers.PhoneNumberFormat
    kind = form.NATIONAL if parsed.country_code == 30 else form.INTERNATIONAL
    return phonenumbers.format_number(parsed, kind)
