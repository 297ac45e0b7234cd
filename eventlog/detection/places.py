"""Where on earth somebody was: as the event says, else as a GeoIP database knows the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from math import asin, cos, radians, sin, sqrt
from pathlib import Path
from typing import Any, Final

import maxminddb

from eventlog.conf import conf
from eventlog.detection.observations import Observation

EARTH_KM: Final = 6371.0


@dataclass(frozen=True, slots=True)
class Place:
    """`country` is ISO 3166's two letters, or empty."""

    country: str
    latitude: float
    longitude: float

    def km_to(self, other: "Place") -> float:
        """Along the great circle (haversine)."""
        here, there = radians(self.latitude), radians(other.latitude)
        wide = sin((there - here) / 2) ** 2
        high = cos(here) * cos(there) * sin(radians(other.longitude - self.longitude) / 2) ** 2
        return 2 * EARTH_KM * asin(min(1.0, sqrt(wide + high)))


def place_of(seen: Observation) -> Place | None:
    """None where nobody knows."""
    told = seen.data.get("geo")
    if isinstance(told, Mapping):
        return place(told.get("country"), told.get("lat"), told.get("lon"))
    return None if conf.GEOIP_PATH is None or not seen.ip_address else looked_up(seen.ip_address, conf.GEOIP_PATH)


def place(country: Any, latitude: Any, longitude: Any) -> Place | None:
    try:
        found = Place(str(country or ""), float(latitude), float(longitude))
    except (TypeError, ValueError):
        return None
    return found if abs(found.latitude) <= 90 and abs(found.longitude) <= 180 else None


@lru_cache(maxsize=4096)
def looked_up(address: str, path: Path) -> Place | None:
    reader = opened(path)
    found = reader.get(address) if reader is not None else None
    if not isinstance(found, dict):
        return None
    country, location = found.get("country"), found.get("location")
    if not isinstance(location, dict):
        return None
    code = country.get("iso_code") if isinstance(country, dict) else ""
    return place(code, location.get("latitude"), location.get("longitude"))


@cache
def opened(path: Path) -> maxminddb.Reader | None:
    """The database, for the life of the process; None where there is none, which `manage.py check` says."""
    try:
        return maxminddb.open_database(path)
    except (OSError, ValueError, maxminddb.InvalidDatabaseError):
        return None
