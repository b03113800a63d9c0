"""Statistics agree with values that R publishes: the examples of its help pages, at the digits printed there."""

import pytest

from troupe_es.experimentation import statistics as st

# ?sleep, "Student's Sleep Data": extra hours of sleep of ten people under two drugs.
DRUG_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
DRUG_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]

# ?PlantGrowth: dried weight of plants under a control and two treatments.
PLANTS = {
    "ctrl": [4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14],
    "trt1": [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69],
    "trt2": [6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26],
}

# ?InsectSprays: insects in plots treated with six sprays.
SPRAYS = {
    "A": [10, 7, 20, 14, 14, 12, 10, 23, 17, 20, 14, 13],
    "B": [11, 17, 21, 11, 16, 14, 17, 17, 19, 21, 7, 13],
    "C": [0, 1, 7, 2, 3, 1, 2, 1, 3, 0, 1, 4],
    "D": [3, 5, 12, 6, 4, 3, 5, 5, 5, 5, 2, 4],
    "E": [3, 5, 3, 5, 3, 6, 1, 1, 3, 2, 6, 4],
    "F": [11, 9, 15, 22, 15, 16, 13, 10, 26, 26, 24, 13],
}


def test_the_paired_t_test_of_the_sleep_data_is_that_of_r() -> None:
    result = st.paired_t(DRUG_1, DRUG_2)  # ?t.test: t = -4.0621, df = 9, p-value = 0.002833
    assert result.statistic == pytest.approx(-4.0621, abs=5e-5)
    assert result.df == (9,)
    assert result.p == pytest.approx(0.002833, abs=5e-7)
    assert result.interval == pytest.approx((-2.4598858, -0.7001142), abs=5e-8)


def test_the_welch_test_of_the_sleep_data_is_that_of_r() -> None:
    result = st.welch_t(DRUG_1, DRUG_2)  # ?t.test: t = -1.8608, df = 17.776, p-value = 0.07939
    assert result.statistic == pytest.approx(-1.8608, abs=5e-5)
    assert result.df == (pytest.approx(17.776, abs=5e-4),)
    assert result.p == pytest.approx(0.07939, abs=5e-6)
    assert result.interval == pytest.approx((-3.3654832, 0.2054832), abs=5e-8)


def test_the_analysis_of_variance_of_plant_growth_is_that_of_r() -> None:
    result = st.anova(PLANTS)  # summary(lm(weight ~ group)): F = 4.846 on 2 and 27 DF, p-value: 0.01591
    assert result.statistic == pytest.approx(4.8461, abs=5e-5)
    assert result.df == (2, 27)
    assert result.p == pytest.approx(0.01591, abs=5e-6)
    assert result.estimate == pytest.approx(0.2641, abs=5e-5)  # Multiple R-squared: 0.2641


def test_welchs_analysis_of_variance_of_insect_sprays_is_that_of_r() -> None:
    result = st.welch_anova(SPRAYS)  # oneway.test(count ~ spray): F = 36.065, df = 5.000, 30.043, p = 7.999e-12
    assert result.statistic == pytest.approx(36.065, abs=5e-4)
    assert result.df == (5, pytest.approx(30.043, abs=5e-4))
    assert result.p == pytest.approx(7.999e-12, abs=5e-16)


def test_the_rank_sum_test_of_permeability_constants_is_that_of_r() -> None:
    # ?wilcox.test, Hollander & Wolfe (1973), 69f: W = 35, one-sided p-value = 0.1272
    at_term = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
    earlier = [1.15, 0.88, 0.90, 0.74, 1.21]
    result = st.mann_whitney(at_term, earlier)
    assert result.statistic == 35
    assert result.p == pytest.approx(2 * 0.1272, abs=1e-4)


def test_the_signed_rank_test_of_depression_scores_is_that_of_r() -> None:
    # ?wilcox.test, Hollander & Wolfe (1973), 29f: V = 40, one-sided p-value = 0.01953
    first = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
    second = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
    result = st.wilcoxon(first, second)
    assert result.statistic == 40
    assert result.p == pytest.approx(2 * 0.01953, abs=1e-5)


def test_the_kruskal_wallis_test_of_mucociliary_efficiency_is_that_of_r() -> None:
    # ?kruskal.test, Hollander & Wolfe (1973), 116: chi-squared = 0.77143, df = 2, p-value = 0.68
    result = st.kruskal_wallis(
        {
            "normal": [2.9, 3.0, 2.5, 2.6, 3.2],
            "obstructive": [3.8, 2.7, 4.0, 2.4],
            "asbestosis": [2.8, 3.4, 3.7, 2.2, 2.0],
        }
    )
    assert result.statistic == pytest.approx(0.77143, abs=5e-6)
    assert result.df == (2,)
    assert result.p == pytest.approx(0.68, abs=5e-3)


def test_chi_squared_of_party_by_gender_is_that_of_r() -> None:
    # ?chisq.test, Agresti (2007), p. 39: X-squared = 30.07, df = 2, p-value = 2.954e-07
    parties = ("Democrat", "Independent", "Republican")
    table = {
        "F": dict(zip(parties, (762, 327, 468), strict=True)),
        "M": dict(zip(parties, (484, 239, 477), strict=True)),
    }
    result = st.chi_squared(table)
    assert result.statistic == pytest.approx(30.07, abs=5e-3)
    assert result.df == (2,)
    assert result.p == pytest.approx(2.954e-07, abs=5e-11)


def test_fishers_tea_tasting_is_that_of_r() -> None:
    # ?fisher.test, Agresti (1990), p. 61f: odds ratio 6.408309; two-sided p-value = 0.4857
    result = st.fisher_exact({"Milk": {"Milk": 3, "Tea": 1}, "Tea": {"Milk": 1, "Tea": 3}})
    assert result.p == pytest.approx(0.4857, abs=5e-5)
    assert result.estimate == pytest.approx(6.408309, abs=2e-5)  # R stops looking for it there


def test_power_of_the_t_test_is_that_of_r() -> None:
    assert st.power_t(1, 20).power == pytest.approx(0.8689528, abs=1e-6)  # ?power.t.test: n = 20, delta = 1
    assert st.size_t(1, power=0.9).n == (23, 23)  # power.t.test(power = .90, delta = 1): n = 22.02110


def test_power_of_two_proportions_is_that_of_r() -> None:
    plan = st.power_proportions(0.5, 0.75, 50)  # ?power.prop.test: n = 50, p1 = .50, p2 = .75: power = 0.740
    assert plan.power == pytest.approx(0.740, abs=5e-4)
    assert st.size_proportions(0.5, 0.75, power=0.9).n == (77, 77)  # power = .90: n = 76.7
