"""Decisions about claims: whether an intervention's condition holds, and what is to be said of claims put aside."""

from troupe_es import propositions
from troupe_es.acting import Acting
from troupe_es.events import types
from troupe_es.llm import Effect
from troupe_es.steering.material import material, people_of
from troupe_es.world import interventions
from troupe_es.world.conditions import filled, open_claims


def check(acting: Acting, name: str, target: str | None) -> Effect[None]:
    """Decide whether the intervention ``name`` fires for ``target``: all claims that matter in one call."""
    state = acting.state
    added = interventions.body_of(state, state.steering.interventions[name])
    who = None if target is None else state.people[target]
    claims = list(dict.fromkeys(filled(claim.claim, who) for claim in open_claims(state, added.when, who)))
    verdicts: list[types.Verdict] | None = []
    if claims:
        people = people_of(state, None if who is None else [who.id], None)
        form = propositions.form(material(state, people, added.last), claims)
        verdicts = yield from acting.ask("judging", state.settings.model_for(target or "-", "judging"), form)
    if verdicts is None:
        acting.happen(types.InterventionChecked(name=name, target=target, verdicts=[], failed=acting.reason))
        return
    found = {verdict.claim: verdict for verdict in verdicts}
    fired = interventions.fired(state, name, target, found, verdicts)
    acting.happen(fired or types.InterventionChecked(name=name, target=target, verdicts=verdicts))


def judge(acting: Acting, put: types.ClaimsPut) -> Effect[None]:
    """Decide what is to be said of the claims that were put."""
    state = acting.state
    form = propositions.form(material(state, people_of(state, put.about, put.world), put.last), put.claims)
    one = put.about[0] if put.about and len(put.about) == 1 else "-"
    verdicts = yield from acting.ask("judging", state.settings.model_for(one, "judging"), form)
    failed = acting.reason if verdicts is None else None
    acting.happen(types.ClaimsJudged(verdicts=verdicts or [], failed=failed))
