"""Writes madang.conf, so that the names of its keys stand in few places."""


def _value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "{" + ", ".join(_value(item) for item in value) + "}"
    if isinstance(value, int):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def section(name, /, **keys):
    """One section: `limit { burst = 5 }`."""
    body = "".join(f"    {key} = {_value(value)}\n" for key, value in keys.items())
    return f"{name} {{\n{body}}}\n"


def limit(**keys):
    return section("limit", **keys)


def server(**keys):
    return section("server", **keys)
