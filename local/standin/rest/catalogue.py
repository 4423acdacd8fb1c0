"""Versions, resources, limits and record counts."""

from .call import Call, Reply

FIRST_VERSION, LAST_VERSION = 42, 68
_SEASONS = ("Winter", "Spring", "Summer")


def versions() -> list[dict[str, str]]:
    """GET /services/data: every version the org serves, oldest first."""
    return [_version(number) for number in range(FIRST_VERSION, LAST_VERSION + 1)]


def _version(number: int) -> dict[str, str]:
    season, year = _SEASONS[number % 3 - 2], 18 + (number - 41) // 3
    name = f"{number}.0"
    return {"label": f"{season} '{year}", "url": f"/services/data/v{name}", "version": name}


def resources(call: Call) -> Reply:
    """GET /services/data/vNN.N: resource names and paths."""
    names = ("sobjects", "query", "queryAll", "limits", "composite", "jobs", "search", "recent")
    found: dict[str, str] = {name: f"{call.base}/{name}" for name in names}
    found["identity"] = call.org.identity_url(call.viewer.user)
    return Reply(body=found)


def limits(call: Call) -> Reply:
    """GET limits."""
    top = call.org.knobs.api_max
    left = max(0, top - call.org.meter.used())
    return Reply(
        body={
            "DailyApiRequests": {"Max": top, "Remaining": left},
            "DailyBulkApiBatches": {"Max": 15_000, "Remaining": 15_000},
            "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
            "DataStorageMB": {"Max": 1_024, "Remaining": 1_000},
            "HourlyTimeBasedWorkflow": {"Max": 1_000, "Remaining": 1_000},
        }
    )


def record_count(call: Call) -> Reply:
    """GET limits/recordCount?sObjects=A,B."""
    asked = call.args.get("sObjects")
    names = asked.split(",") if asked else [item.name for item in call.viewer.sobjects()]
    known = [found for name in names if (found := call.viewer.sobject(name.strip())) is not None]
    counts = [
        {
            "count": call.org.store.select(f"SELECT COUNT(*) FROM {item.name} WHERE IsDeleted = 0")[
                0
            ][0],
            "name": item.name,
        }
        for item in known
    ]
    return Reply(body={"sObjects": counts})
