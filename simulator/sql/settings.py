"""SET, RESET and SHOW of configuration parameters ("Configuration reference")."""

# ruff: noqa: SIM905 - word lists read better as text
from __future__ import annotations

import re
from dataclasses import replace

from simulator.sql.cursor import Cursor
from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import Token, quote_name, quote_text
from simulator.sql.queries.checks import refuse_system_relation
from simulator.sql.translation import LOCAL, Translation

# Read by `messages.names_are_exact`.
_CASE = "enable_case_sensitive_identifier"
# Settings that change nothing here, or only what the simulator does not model, with their defaults.
_HARMLESS = {
    "query_group": "unset", "statement_timeout": "0", "wlm_query_slot_count": "1",
    "enable_result_cache_for_session": "on", "application_name": "",
    "analyze_threshold_percent": "10", "client_encoding": "UTF8", "extra_float_digits": "0",
    "stored_proc_log_min_messages": "LOG", _CASE: "off", "enable_vacuum_boost": "off",
    "mv_enable_aqmv_for_session": "on", "max_cursor_result_set_size": "0",
}  # fmt: skip
# What has one value here: another would change results that the simulator does not change.
_OFF, _ON = {"off", "false", "default"}, {"on", "true", "default"}
_FIXED = {
    "intervalstyle": ("postgres", {"postgres", "default"}),
    "describe_field_name_in_uppercase": ("off", _OFF),
    "error_on_nondeterministic_update": ("off", _OFF),
    "enable_numeric_rounding": ("on", _ON),
    "cast_super_null_on_error": ("on", _ON),
    "navigate_super_null_on_error": ("on", _ON),
    "parse_super_null_on_error": ("off", _OFF),
    "json_serialization_enable": ("off", _OFF),
    "json_serialization_parse_nested_strings": ("off", _OFF),
}
# What PostgreSQL has too: its name there, and the default.
_NATIVE = {"timezone": ("TimeZone", "UTC"), "datestyle": ("DateStyle", "ISO, MDY")}
# Parameters of "Configuration reference" that the simulator has not.
_LATER = frozenset(
    "datashare_break_glass_session_var default_geometry_encoding downcase_delimited_identifier"
    " enable_case_sensitive_super_attribute interval_forbid_composite_literals"
    " max_concurrency_scaling_clusters pg_federation_repeatable_read enable_spectrum_oid"
    " spectrum_enable_pseudo_columns spectrum_query_maxerror use_fips_ssl".split()
)
_ORDERS = {"mdy", "dmy", "ymd"}
_OFFSET = re.compile(r"[+-]\d{1,2}(:\d\d)?")
_VARIABLE = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")
_LEVELS = "LOG INFO NOTICE WARNING EXCEPTION".split()


def parse(cursor: Cursor) -> Translation:
    """After SET."""
    if cursor.accept("SESSION", "AUTHORIZATION") or cursor.keyword() == "SESSION_AUTHORIZATION":
        return _authorization(cursor)
    if cursor.accept("LOCAL"):
        # LOCAL "specifies that the setting is valid for the current transaction" ("SET").
        if cursor.keyword() in ("SESSION", "SESSION_AUTHORIZATION"):
            raise NotSupported("SET LOCAL SESSION AUTHORIZATION")
        return replace(_set(cursor), command=dict(LOCAL))
    cursor.accept("SESSION")
    if cursor.keyword() == "TRANSACTION":
        raise NotSupported("SET TRANSACTION")
    return _set(cursor)


def _set(cursor: Cursor) -> Translation:
    if cursor.accept("TIME", "ZONE"):
        return Translation("SET", "sql", _zone(cursor))
    name = parameter(cursor)
    if not cursor.accept("TO") and not (name == "timezone" and cursor.keyword() == "INTERVAL"):
        cursor.expect_sign("=")
    if name == "timezone":
        return Translation("SET", "sql", _zone(cursor))
    return _assigned(name, cursor.listed(cursor.take))


def _assigned(name: str, values: list[Token]) -> Translation:
    if name == "datestyle":
        return Translation("SET", "sql", _date_style(values))
    if name == "seed":
        return Translation("SET", "sql", _seed("".join(value.value for value in values)))
    if "." in name:
        return _kept(name, values[0].value)
    if name == "search_path":
        return Translation("SET", "sql", f"SET LOCAL search_path TO {_path(values)}")
    if name in _FIXED:
        if not {value.value.lower() for value in values} <= _FIXED[name][1]:
            raise NotSupported(f"SET {name} TO {values[0].value}")
        return Translation("SET", "none")
    if name not in _HARMLESS:
        raise NotSupported(f"SET {name}") if name in _LATER else _unrecognized(name)
    value = values[0].value
    return _kept(name, _HARMLESS[name] if value.lower() == "default" else _checked(name, value))


def _seed(value: str) -> str:
    """ "SET SEED takes a numeric value between 0 and 1" for RANDOM ("SET"), which begins anew."""
    if not re.fullmatch(r"0*(\.\d+)?|1(\.0*)?", value) or not value:
        message = f'ERROR: invalid value for parameter "seed": "{value}"'
        raise SqlError(message, sqlstate="22023")
    return f"SET LOCAL asl.seed = {quote_text(str(float(value)))}; SET LOCAL asl.asked = '0'"


def _zone(cursor: Cursor) -> str:
    """A session's time zone, by name or by its distance from UTC ("timezone")."""
    if cursor.accept("DEFAULT"):
        value = "UTC"
    elif cursor.accept("INTERVAL"):
        value = f"INTERVAL {quote_text(cursor.string())}"
    else:
        value = cursor.take().value
        if value in ("+", "-"):
            value += cursor.take().value
        if _OFFSET.fullmatch(value):
            clock = value if ":" in value else f"{value}:00"
            value = f"INTERVAL {quote_text(clock)}"
    return f"SET LOCAL TimeZone TO {quote_text(value)}"


def _date_style(values: list[Token]) -> str:
    """The order in which dates are read; they are always written as ISO has them."""
    words = [one.strip().lower() for value in values for one in value.value.split(",")]
    if words == ["default"]:
        words = ["iso", "mdy"]
    if not set(words) <= {"iso", *_ORDERS}:
        raise NotSupported(f"SET datestyle TO {', '.join(words)}")
    return f"SET LOCAL DateStyle TO {quote_text(', '.join(words))}"


def _checked(name: str, value: str) -> str:
    """The value as it is remembered. Raises SqlError for one that the setting does not take."""
    if name == _CASE:
        value = {"true": "on", "false": "off"}.get(value.lower(), value.lower())
        allowed = value in ("on", "off")
    else:
        allowed = name != "stored_proc_log_min_messages" or value.upper() in _LEVELS
    if not allowed:
        message = f'ERROR: invalid value for parameter "{name}": "{value}"'
        raise SqlError(message, sqlstate="22023")
    return value


def _authorization(cursor: Cursor) -> Translation:
    """ "SET [LOCAL] SESSION AUTHORIZATION { user | DEFAULT }"; as a parameter it has a TO."""
    if cursor.accept("SESSION_AUTHORIZATION") and not cursor.accept("TO"):
        cursor.expect_sign("=")
    name = "" if cursor.accept("DEFAULT") else cursor.take().value
    return Translation("SET", "authorization", command={"user": name})


def reset(cursor: Cursor) -> Translation:
    """After RESET: the default again."""
    if cursor.accept("SESSION", "AUTHORIZATION") or cursor.accept("SESSION_AUTHORIZATION"):
        return Translation("SET", "authorization", command={"user": ""})
    name = parameter(cursor)
    if "." in name:
        raise NotSupported(f"RESET {name}")
    if name == "search_path":
        return Translation("RESET", "sql", f"SET LOCAL search_path TO {_path([])}")
    if name in _NATIVE:
        native, default = _NATIVE[name]
        return Translation("RESET", "sql", f"SET LOCAL {native} TO {quote_text(default)}")
    if name in _FIXED:
        return Translation("RESET", "none")
    if name not in _HARMLESS:
        raise NotSupported(f"RESET {name}")
    return _kept(name, _HARMLESS[name])


def _kept(name: str, value: str) -> Translation:
    """A setting that is only remembered, for SHOW and the procedures' log."""
    return Translation("SET", "sql", _text(name, value))


def _text(name: str, value: str) -> str:
    if "." in name:
        # An empty one is none: PostgreSQL forgets none that it has seen.
        return f"SET LOCAL asl.context.{name} = {quote_text('=' + value)}"
    return f"SET LOCAL asl.set_{name} = {quote_text(value)}"


def parameter(cursor: Cursor) -> str:
    """A parameter's name, or a session context variable's, which has a dot in it."""
    name = cursor.name()
    if cursor.accept_sign("."):
        name += f".{cursor.name()}"
        _check_variable(name)
    return name


def _check_variable(name: str) -> None:
    if not _VARIABLE.fullmatch(name):
        raise NotSupported(f"a session context variable named {name!r}")


def called(tokens: list[Token]) -> Translation | None:
    """`SELECT SET_CONFIG('name', 'value', is_local)`, alone; otherwise the function is refused."""
    words = [token.value if token.kind == "operator" else token.keyword for token in tokens]
    if words[:3] != ["SELECT", "SET_CONFIG", "("] or len(tokens) != 9 or words[8] != ")":
        return None
    name, value, local = tokens[3].value.lower(), tokens[5].value, tokens[7].value.lower()
    if [token.kind for token in tokens[3:6:2]] != ["string", "string"]:
        return None
    if local not in ("true", "false", "1", "0") or name in ("search_path", *_FIXED, *_NATIVE):
        return None
    if "." in name:
        _check_variable(name)
    elif name in _HARMLESS:
        value = _checked(name, value)
    else:
        raise NotSupported(f"SET {name}")
    query, text = f"SELECT {quote_text(value)}::varchar AS set_config", _text(name, value)
    kept = text if local in ("false", "0") else ""
    return Translation("SELECT", "sql", query, before=(text,), kept=kept, has_rows=True)


def _unrecognized(name: str) -> SqlError:
    message = f'ERROR: unrecognized configuration parameter "{name}"'
    return SqlError(message, sqlstate="42704")


def _path(values: list[Token]) -> str:
    """A search path as PostgreSQL has it; `$user` is Redshift's name of the user."""
    for value in values:
        refuse_system_relation(value.value, "")
    if not values or values[0].keyword == "DEFAULT":
        return '"$user", public'
    return ", ".join(quote_name(value.value) for value in values)


def shown(name: str, *, needed: bool = True) -> str:
    """SQL of a parameter's value, for SHOW. `needed`: a variable that isn't set is an error."""
    if "." in name:
        return f"redshift.context_variable({quote_text(name)}, {str(needed).lower()})"
    if name == "search_path":
        return "redshift.shown_path()"
    if name in _NATIVE:
        return f"current_setting('{_NATIVE[name][0]}')"
    if name in _FIXED:
        return quote_text(_FIXED[name][0])
    if name in _HARMLESS:
        default = quote_text(_HARMLESS[name])
        return f"coalesce(nullif(current_setting('asl.set_{name}', true), ''), {default})"
    raise _unrecognized(name)


NAMES = tuple(sorted(("search_path", *_NATIVE, *_FIXED, *_HARMLESS)))
