"""Whether a licence lets its holder's rows be passed on, changed as they are here: closed lists, and no guessing.

A licence that stands in neither list is unknown, and somebody has to read it. That use is limited (no commerce, the
same licence for what is made of it) forbids no publication: the card and its front matter state the licence.
"""

import re
from typing import Literal

Permission = Literal["allowed", "forbidden", "unknown", "unstated"]

_ALLOWED = {
    *("apache-2.0", "mit", "mit-0", "isc", "unlicense", "wtfpl", "0bsd", "bsd-2-clause", "bsd-3-clause", "mpl-2.0"),
    *("cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-2.0", "cc-by-sa-3.0", "cc-by-sa-4.0"),
    *("cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0"),
    *("odc-by", "odc-by-1.0", "odbl", "odbl-1.0", "pddl", "pddl-1.0", "c-uda", "c-uda-1.0"),
    *("cdla-sharing-1.0", "cdla-permissive-1.0", "cdla-permissive-2.0"),
    *("gpl-2.0", "gpl-3.0", "lgpl-3.0", "agpl-3.0", "gfdl", "openrail"),
}
_FORBIDDEN = {
    *("cc-by-nd-2.0", "cc-by-nd-3.0", "cc-by-nd-4.0", "cc-by-nc-nd-2.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0"),
    *("proprietary", "all-rights-reserved", "no-licence", "no-license", "unlicensed", "no-redistribution"),
    *("internal", "confidential"),
}
"""Where nothing changed may be passed on, a selection with new solutions may not be, either."""
_BLANKS = re.compile(r"[\s_]+")
_SPDX_SUFFIX = re.compile(r"-(only|or-later)$")


def permission(stated: str, redistributable: frozenset[str] = frozenset()) -> Permission:
    """What a licence says about passing its rows on.

    Args:
        stated: as the source states it: a name of the Hub, of SPDX, or anything else.
        redistributable: names of unknown licences that somebody has read and found to allow it.
    """
    name = canonical(stated)
    if not name:
        return "unstated"
    if name in _FORBIDDEN:
        return "forbidden"
    return "allowed" if name in _ALLOWED or name in map(canonical, redistributable) else "unknown"


def canonical(stated: str) -> str:
    """A licence's name as the lists have it: small letters, dashes for blanks."""
    return _SPDX_SUFFIX.sub("", _BLANKS.sub("-", stated.strip().casefold()))
