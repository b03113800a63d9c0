"""Tests, effect sizes, equivalence, corrections, power, and checks of what they assume: pure functions over numbers.

All need the extra ``stats`` (numpy and scipy), which is imported when first used. Every test takes the values of
*units of analysis*, replicates unless said otherwise: sum up what belongs to one unit with ``per_unit`` first.
"""

from troupe_es.experimentation.statistics.assumptions import (
    Recommendation,
    brown_forsythe,
    recommend,
    recommend_counts,
    shapiro_wilk,
)
from troupe_es.experimentation.statistics.clusters import Units, per_unit
from troupe_es.experimentation.statistics.counts import chi_squared, cramers_v, fisher_exact
from troupe_es.experimentation.statistics.effects import cliffs_delta, cohen_d, eta_squared, hedges_g, rank_biserial
from troupe_es.experimentation.statistics.families import benjamini_hochberg, corrected, holm
from troupe_es.experimentation.statistics.means import (
    anova,
    equivalent,
    equivalent_pairs,
    paired_t,
    student_t,
    welch_anova,
    welch_t,
)
from troupe_es.experimentation.statistics.power import (
    Plan,
    power_paired_t,
    power_proportions,
    power_t,
    size_paired_t,
    size_proportions,
    size_t,
)
from troupe_es.experimentation.statistics.ranks import kolmogorov_smirnov, kruskal_wallis, mann_whitney, wilcoxon
from troupe_es.experimentation.statistics.results import Result

__all__ = [
    "Plan",
    "Recommendation",
    "Result",
    "Units",
    "anova",
    "benjamini_hochberg",
    "brown_forsythe",
    "chi_squared",
    "cliffs_delta",
    "cohen_d",
    "corrected",
    "cramers_v",
    "equivalent",
    "equivalent_pairs",
    "eta_squared",
    "fisher_exact",
    "hedges_g",
    "holm",
    "kolmogorov_smirnov",
    "kruskal_wallis",
    "mann_whitney",
    "paired_t",
    "per_unit",
    "power_paired_t",
    "power_proportions",
    "power_t",
    "rank_biserial",
    "recommend",
    "recommend_counts",
    "shapiro_wilk",
    "size_paired_t",
    "size_proportions",
    "size_t",
    "student_t",
    "welch_anova",
    "welch_t",
    "wilcoxon",
]
