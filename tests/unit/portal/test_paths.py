"""The menu leads only where something answers, however a room nests its routers."""

from fastapi import APIRouter

from services.portal.paths import Map


def test_a_page_of_a_nested_router_is_in_the_menu() -> None:
    part, whole = APIRouter(), APIRouter()
    part.get("/homes")(lambda: "homes")
    part.post("/move-ins")(lambda: "not a page to go to")
    whole.include_router(part)
    known = Map(whole.routes)
    assert known.has("/homes")
    assert [place.path for place in known.menu("staff")] == ["/homes"]
