"""Every trait that anybody has is in a profile, counted as one would by hand; two populations differ as they do."""

import json
import math
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ui.conftest import call

from troupe_es import Store
from troupe_es.controller import populations
from troupe_es.profiling import compare, diversity, profile, summary
from troupe_es.profiling.comparison import kolmogorov_smirnov, total_variation
from troupe_es.profiling.facets import histogram

DATA = Path(__file__).parents[3] / "shared" / "data" / "personas"
ANA: dict[str, Any] = {
    "name": "Ana Reyes",
    "age": 34,
    "nationality": "Spanish",
    "occupation": {"title": "nurse", "organization": None},
    "personality": {
        "big_five": {"openness": "High. Reads everything.", "neuroticism": "Low"},
        "traits": ["Curious."],
    },
    "preferences": {"interests": ["chess", "hiking"], "likes": ["tea"]},
    "behaviors": {"routines": {"morning": ["Up at six.", "Coffee."]}},
    "relationships": [{"name": "Eva", "description": "sister"}, {"name": "Tom", "description": "friend"}],
    "style": "She speaks quickly and a lot, and when somebody interrupts her she begins the whole story again.",
    "adult": True,
}
BO: dict[str, Any] = {
    "name": "Bo Lind",
    "age": 61,
    "nationality": "Spanish",
    "occupation": {"title": "farmer"},
    "personality": {"big_five": {"openness": "High school of life", "neuroticism": "low - never worries"}},
    "preferences": {"interests": ["hiking"], "likes": []},
    "relationships": [],
    "adult": True,
}

scalars = st.one_of(
    st.text(max_size=90), st.integers(-(10**9), 10**9), st.booleans(), st.none(), st.floats(-1e6, 1e6)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
)
personas = st.lists(
    st.dictionaries(st.sampled_from(["name", "age", "a", "b.c", "d"]), values, max_size=5), max_size=6
)


def test_a_profile_has_every_trait_with_who_has_it_and_what() -> None:
    found = profile([ANA, BO])
    assert found.people == 2
    kinds = {path: (facet.kind, facet.present, facet.counts) for path, facet in found.facets.items()}
    assert kinds["nationality"] == ("category", 2, {"Spanish": 2})
    assert kinds["occupation.title"] == ("category", 2, {"farmer": 1, "nurse": 1})
    assert "occupation.organization" not in kinds
    assert kinds["personality.big_five.openness"][2] == {"High": 1, "High school of life": 1}
    assert kinds["personality.big_five.neuroticism"][2] == {"Low": 2}
    assert kinds["preferences.interests"] == ("items", 2, {"hiking": 2, "chess": 1})
    assert kinds["preferences.likes"] == ("items", 1, {"tea": 1})
    assert kinds["behaviors.routines.morning"][2] == {"Coffee.": 1, "Up at six.": 1}
    assert kinds["relationships"] == ("number", 1, {"2": 1})
    assert kinds["relationships.name"] == ("items", 1, {"Eva": 1, "Tom": 1})
    assert kinds["style"][0] == "text"
    assert kinds["style"][2]["speaks"] == 1
    assert kinds["adult"][2] == {"True": 2}
    age = found.facets["age"].numbers
    assert age is not None
    assert (age.mean, age.least, age.median, age.most) == (47.5, 34, 47.5, 61)
    assert age.sd == pytest.approx(math.sqrt(364.5))
    assert found.facets["preferences.interests"].likeness == 0.5
    assert histogram(found.facets["preferences.interests"]) == {"hiking": 1.0, "chess": 0.5}


@given(personas)
def test_no_trait_comes_out_empty_and_none_is_lost(people: list[dict]) -> None:
    found = profile(people)

    def leaves(value: Any, path: str) -> set[str]:
        if isinstance(value, dict):
            return {leaf for key, inner in value.items() for leaf in leaves(inner, f"{path}.{key}" if path else key)}
        if isinstance(value, list):
            plain = {path for item in value if item is not None and not isinstance(item, dict | list)}
            return plain | {leaf for item in value if isinstance(item, dict) for leaf in leaves(item, path)}
        return set() if value in (None, "") else {path}

    expected = {leaf for person in people for leaf in leaves(person, "")}
    assert expected <= set(found.facets)
    for facet in found.facets.values():
        assert 0 < facet.present <= len(people)
        assert facet.counts
        assert sum(facet.counts.values()) >= facet.present or facet.kind == "number"
        assert 0 <= facet.gini_simpson < 1
        assert facet.evenness is None or 0 < facet.evenness <= 1
    assert all(row["count"] >= 0 for row in found.rows())
    assert all(each.distance in (None, 0) for each in compare(found, found))


@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")
def test_every_facet_of_real_persona_files_is_filled() -> None:
    found = profile(populations.load_folder(DATA / "population"))
    assert found.people == 40
    for path in (
        "age", "nationality", "gender", "occupation.title", "education", "personality.traits",
        "preferences.interests", "preferences.likes", "preferences.dislikes",
        "skills", "beliefs", "behaviors.general", "relationships", "relationships.name", "other_facts",
        "long_term_goals",
    ):  # fmt: skip
        assert found.facets[path].present >= 25, path
        assert found.facets[path].counts, path
    openness = [facet for path, facet in found.facets.items() if path.startswith("personality.big_five.openness")]
    assert sum(facet.present for facet in openness) >= 40
    assert {facet.kind for facet in openness} >= {"number", "text"}
    ages = [json.loads(file.read_text())["persona"]["age"] for file in (DATA / "population").glob("*.agent.json")]
    assert found.facets["age"].numbers.mean == pytest.approx(sum(ages) / 40)
    assert sum(found.facets["age"].counts.values()) == 40


def test_diversity_is_what_the_formulas_say_by_hand() -> None:
    assert diversity.evenness([5, 5, 5]) == pytest.approx(1)
    assert diversity.evenness([7]) is None
    assert diversity.evenness([3, 1]) == pytest.approx((0.75 * math.log(4 / 3) + 0.25 * math.log(4)) / math.log(2))
    assert diversity.gini_simpson([3, 1]) == pytest.approx(1 - 9 / 16 - 1 / 16)
    assert diversity.jaccard({"a", "b"}, {"b", "c"}) == pytest.approx(1 / 3)
    assert diversity.likeness([{"a"}, {"a"}, {"b"}]) == pytest.approx(1 / 3)
    assert diversity.likeness([{"a"}]) is None
    assert diversity.likeness([{"a"}] * 1000) == 1


@given(st.lists(st.integers(1, 100), min_size=2, max_size=20))
def test_diversity_does_not_depend_on_order_or_scale(counts: list[int]) -> None:
    for measure in (diversity.evenness, diversity.gini_simpson):
        assert measure(counts) == pytest.approx(measure(sorted(counts)))
        assert measure(counts) == pytest.approx(measure([10 * n for n in counts]))


numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)


@given(numbers)
def test_ranges_hold_every_number_once(values: list[float]) -> None:
    counted = summary.bins(values)
    assert sum(counted.values()) == len(values)
    assert len(counted) <= summary.MOST_BINS
    found = summary.summary(values)
    assert found.least <= found.lower <= found.median <= found.upper <= found.most


@given(numbers, numbers)
def test_numbers_in_short_and_their_distance_agree_with_scipy(one: list[float], other: list[float]) -> None:
    np, stats = pytest.importorskip("numpy"), pytest.importorskip("scipy.stats")
    found = summary.summary(one)
    expected = [np.quantile(one, share) for share in (0.25, 0.5, 0.75)]
    assert [found.lower, found.median, found.upper] == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert found.mean == pytest.approx(np.mean(one), rel=1e-9, abs=1e-9)
    if len(one) > 1:
        assert found.sd == pytest.approx(np.std(one, ddof=1), rel=1e-6, abs=1e-6)
    assert kolmogorov_smirnov(one, other) == pytest.approx(stats.ks_2samp(one, other).statistic, abs=1e-12)


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 30), min_size=1), st.randoms())
def test_total_variation_is_a_distance(one: dict[str, int], dice: Any) -> None:
    other = {key: dice.randint(1, 30) for key in "bcdefg" if dice.random() < 0.6} or {"g": 1}
    third = {"a": 1, "g": 2}
    assert total_variation(one, one) == 0
    assert total_variation(one, other) == pytest.approx(total_variation(other, one))
    assert total_variation({"x": 1}, {"y": 5}) == 1
    assert total_variation(one, third) <= total_variation(one, other) + total_variation(other, third) + 1e-12


def test_two_populations_differ_where_they_do_and_most_where_they_differ_most() -> None:
    town = [{"name": f"P {n}", "gender": "f" if n < 5 else "m", "age": 20 + n} for n in range(10)]
    village = [{"name": f"P {n}", "gender": "f" if n < 8 else "m", "age": 60 + n, "dog": "yes"} for n in range(10)]
    found = {each.path: each for each in compare(profile(town), profile(village))}
    assert found["age"].distance == 1
    assert found["age"].shares == (24.5, 64.5)
    assert found["gender"].distance == pytest.approx(0.3)
    assert found["name"].distance == 0
    assert found["dog"].distance is None
    assert found["dog"].present == (0, 10)
    assert next(iter(found)) == "age"
    assert [*found][-1] == "dog"


@given(numbers, numbers)
def test_two_samples_of_numbers_are_counted_in_the_same_ranges_each_number_once(
    one: list[float], other: list[float]
) -> None:
    found = summary.shared_bins(one, other)
    assert [sum(counts) for counts in zip(*found.values(), strict=True)] == [len(one), len(other)]
    assert {name: sum(counts) for name, counts in found.items()} == summary.bins(one + other)


def test_both_populations_are_drawn_by_what_differs_most_with_the_same_ranges_for_both(tmp_path: Path) -> None:
    town = [
        {"name": f"P {n}", "gender": "f" if n < 5 else "m", "age": 20 + n, "cat": "ABCDEFG"[n % 7]} for n in range(9)
    ]
    village = [{"name": f"Q {n}", "gender": "f" if n < 8 else "m", "age": 60 + n, "dog": "yes"} for n in range(9)]
    for name, people in (("town", town), ("village", village)):
        populations.write_folder(people, tmp_path / name)
    words = ("profile", str(tmp_path / "town"), "--against", str(tmp_path / "village"))
    done = call(*words, "--picture", str(tmp_path / "both.svg"), "--html", str(tmp_path / "both.html"))
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "both.svg").read_bytes().startswith(b"<?xml")
    alts = re.findall('alt="([^"]*)"', (tmp_path / "both.html").read_text())
    [alt] = [each for each in alts if "hatched bars" in each]
    assert "age: 20–24 5 against 0" in alt and "65–69 0 against 4" in alt and "gender: f 5 against 8" in alt
    assert alt.index("age: ") < alt.index("gender: ") and "dog: " not in alt and "cat: " not in alt
    refused = call(*words, "--facet", "name", "--picture", str(tmp_path / "no.svg"))
    assert refused.exit_code == 2 and "there is nothing to draw" in refused.stderr


def test_the_command_line_profiles_folders_and_simulations_and_compares_them(tmp_path: Path) -> None:
    populations.write_folder([ANA, BO], tmp_path / "people")
    with Store(tmp_path / "s.db") as store:
        sim = store.begin("life", model="improviser")
        sim.add_world("Ems")
        sim.add_person({"name": "Cy Young", "age": 50, "gender": "m"})
        sim.define("cy-young", "age", 60)
    where = ("--store", str(tmp_path / "s.db"))
    told = call("profile", str(tmp_path / "people"), *where)
    assert told.exit_code == 0, told.stderr
    assert "preferences.interests" in told.stdout
    [facet] = json.loads(call("profile", "life", "--facet", "age", "--json", *where).stdout)["facets"]
    assert facet["numbers"]["mean"] == 60
    compared = call("profile", str(tmp_path / "people"), "--against", "life", *where)
    assert "age" in compared.stdout
    assert compared.exit_code == 0
    for words, why in (
        (("profile", "nobody", *where), "nobody"),
        (("profile", "life", "--facet", "x", *where), "'x'"),
    ):
        refused = call(*words)
        assert refused.exit_code == 2
        assert why in refused.stderr


def test_counts_are_those_of_a_plain_counter() -> None:
    people = [{"name": f"P {n}", "town": "ABC"[n % 3], "likes": ["x", "x"] if n % 2 else ["y"]} for n in range(30)]
    found = profile(people)
    assert found.facets["town"].counts == dict(Counter(p["town"] for p in people))
    assert found.facets["likes"].counts == {"x": 15, "y": 15}
