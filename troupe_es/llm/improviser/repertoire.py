"""The improviser's lines: what somebody in a discussion can say, think and feel.

Slots: ``{who}`` the one replied to, ``{quote}`` a few of their words, ``{subject}`` what it is about,
``{ground}`` something of one's own, ``{trade}`` one's occupation, ``{other}`` somebody else who is here,
``{seen}`` what was perceived. A line is used only when all its slots can be filled, and only once in a while.
"""

from typing import Final, TypeAlias

Lines: TypeAlias = tuple[str, ...]

REACT: Final[dict[str, Lines]] = {
    "agree": (
        "{who}, “{quote}” – exactly.",
        "I’m with {who} on this: “{quote}”.",
        "When {who} says “{quote}”, I catch myself nodding.",
        "“{quote}” – I’d sign that.",
        "Thank you, {who}. “{quote}” is what I was trying to find words for.",
        "I’ll go one further than {who}.",
        "{who} said it before I could: “{quote}”.",
        "“{quote}”. Same here, to the letter.",
        "I thought I’d be alone with this, and then {who} says “{quote}”.",
        "Yes. “{quote}” is the honest version.",
    ),
    "differ": (
        "I hear you, {who}, but “{quote}”? I see it the other way round.",
        "“{quote}” – with respect, {who}, I think that’s only half of it.",
        "Hold on, {who}. “{quote}” is carrying a lot of weight for so few words.",
        "No, sorry, {who}. “{quote}” is where you lose me.",
        "“{quote}” may be true in your house. It isn’t in mine.",
        "I’ll be the difficult one, then. “{quote}” is not my experience at all.",
        "{who}, would you still say “{quote}” in a year?",
        "We nod at “{quote}” because it is said so nicely.",
    ),
    "torn": (
        "I can hold “{quote}” in one hand and the opposite in the other, and they weigh the same.",
        "{who}, you may be right about “{quote}”. You may also have been lucky.",
        "Some days “{quote}” would be me. Other days I’d laugh at it.",
        "Give me a minute with “{quote}”. I don’t want to answer faster than I think.",
        "“{quote}” – there’s something in that, and something missing.",
    ),
    "soften": (
        "I’m sure {who} has a point. I’d just be careful with “{quote}”.",
        "That’s one way to look at it, {who}. It may well work for others.",
        "“{quote}” – maybe. I’d like to sleep on it.",
        "I don’t want to spoil it for anyone, so only this much.",
    ),
    "ask": (
        "{who}, when you say “{quote}” – what does that look like on an ordinary Tuesday?",
        "Can I stay with “{quote}” for a second? Who is that for, exactly?",
        "{who}, has that happened to you, or is “{quote}” something you’ve heard?",
        "“{quote}” – compared with what? That’s the question I’d put on the table.",
        "Before we go on: what do we actually know about {subject}, and what do we hope?",
        "{who}, what would have to happen for you to take “{quote}” back?",
    ),
    "remember": (
        "I keep thinking of what {who} said earlier: “{quote}”. We walked past that too quickly.",
        "{who} said “{quote}” a while ago, and nobody picked it up. I’d like to.",
        "Can we go back to “{quote}”? {who} put a finger on something there.",
    ),
    "open": (
        "While it’s quiet: one more word on {subject}.",
        "May I add something nobody asked for?",
        "If nobody else wants the floor, I’ll take it for a moment.",
        "One thing has been going round in my head.",
    ),
}
"""How a person takes up what was said. ``soften`` is what agreeable people say instead of ``differ``."""

CLAIM: Final[dict[str, Lines]] = {
    "for": (
        "{subject} is the one thing here I’d tell a friend about.",
        "{subject} would save me an argument at home.",
        "I’d give {subject} an honest try tomorrow, and I don’t say that often.",
        "{subject} sounds as if somebody had been listening for once.",
        "With {subject} I’d be in. Simple as that.",
        "{subject} is worth the effort, and I’m not easily moved.",
    ),
    "lean-for": (
        "{subject} could become a habit with me, slowly.",
        "I can picture {subject} working, for people with a little patience.",
        "If {subject} does what you describe, I’m interested. That “if” is doing some work.",
        "I see more good than harm in {subject}, so far.",
        "{subject} is at least concrete; I can try it and find out.",
    ),
    "torn": (
        "{subject} is lovely on a Saturday and a nuisance on a Monday.",
        "On {subject} I change my mind twice before lunch, to be honest.",
        "I’m not against {subject}. I’m just not sure what it asks of me.",
        "{subject} – tell me who it is for, and I’ll tell you what I think.",
    ),
    "lean-against": (
        "{subject} is one more thing to remember, and my head is full.",
        "I’ve been promised things like {subject} before, and I still have the receipts.",
        "Somebody has to say what happens when {subject} goes wrong.",
        "{subject} sounds fine in this room. Outside it, I doubt it.",
        "I’m afraid {subject} is work, sold to me as a gift.",
    ),
    "against": (
        "{subject} would be the first thing I’d drop.",
        "{subject} solves a problem I don’t have.",
        "I don’t want {subject}, however you wrap it.",
        "I’d walk past {subject}. I’m sorry, but I would.",
        "You talk of {subject} as if we had all been waiting for it. I wasn’t, not at all.",
    ),
}
"""Where a person stands on the subject, said aloud."""

GROUND: Final[dict[str, Lines]] = {
    "belief": (
        "I’ve never let go of one idea: {ground}.",
        "Call me stubborn, but I go by this: {ground}.",
        "For me it comes down to something old: {ground}.",
        "You can measure it against one sentence – {ground}.",
    ),
    "interest": (
        "Ask me about {ground} and I’ll talk for an hour; here I’m more careful.",
        "I look at it the way I look at {ground}: slowly.",
        "It has to stand beside {ground}, and that’s where my evenings go.",
    ),
    "like": (
        "Give me {ground} over a promise any day.",
        "If it feels a little like {ground}, I’m halfway there.",
        "I’m easily won, by the way: {ground}, and nobody hurrying me.",
    ),
    "dislike": (
        "And if there’s one thing I can’t stand, it’s {ground}.",
        "It comes close to {ground}, and you know how I feel about that.",
        "I’ve had my fill of {ground}.",
    ),
    "fact": ("{ground}. That stays with you.", "{ground}, so I notice these things."),
    "goal": ("What I’m after is to {ground}, and I ask myself whether this helps.",),
    "trade": (
        "Maybe it’s the {trade} in me, but I want to see it run before I believe it.",
        "Ask any {trade}: somebody has to clean up afterwards.",
        "I see it every week at work: what looks small on paper is what people trip over.",
    ),
}
"""How something of one's own is brought up."""

CLOSE: Final[Lines] = (
    "Am I the only one?",
    "{other}, how do you see it?",
    "What would change your mind, {other}?",
    "Show me {subject} on a bad day, then ask me again.",
    "That’s all. I wanted it said.",
    "{other}, you’re smiling. Say it.",
    "Let’s not make it prettier than it is.",
    "I could be talked out of it, but not by a slogan.",
    "Or does {other} see something I don’t?",
)

THINK: Final[dict[str, Lines]] = {
    "for": (
        "I didn’t expect to like {subject} this much. Careful not to gush.",
        "If they asked me to pay for {subject} now, I’d probably say yes. I won’t say that aloud.",
        "{subject}, yes. I’d almost given up on hearing anything sensible today.",
        "I want {subject} to win. Better to sound calm about it.",
        "They can have me for {subject}. The rest I can take or leave.",
        "Who else here wants {subject}? I should find out before I lean out of the window.",
        "I’d have {subject} on my table tonight, if anyone let me.",
    ),
    "lean-for": (
        "I could get used to {subject}. What would it cost me in a month?",
        "{subject} tempts me. Let’s see who pokes a hole in it.",
        "I want to believe in {subject}. That’s no reason yet.",
        "{who} is better at this than I thought.",
        "Say something kind about {subject}, but leave the door open.",
        "Not bad, {subject}. What are they not telling us?",
        "I’d try {subject} once. Once is not a promise.",
    ),
    "torn": (
        "I honestly don’t know what I think about {subject}, and everyone sounds so sure.",
        "If I speak now I’ll have to stand by it. What do I make of {subject}?",
        "{who} means well. “{quote}” – does it hold for me?",
        "Two voices in my head about {subject}, and neither of them is mine.",
        "Ask me about {subject} with a full stomach and I’d say something else.",
        "I should have an opinion on {subject} by now. I have two.",
    ),
    "lean-against": (
        "Everybody is being kind about {subject}. I’ve seen where that leads.",
        "“{quote}”. Something is missing there, and I can’t name it yet.",
        "{who} believes it. That doesn’t make it so.",
        "I’d rather not be the one who spoils {subject} for them. Somebody should, though.",
        "{subject}… it will end in a drawer like the others.",
        "Nice words. It’s {subject} I can’t get past.",
        "I’ve said yes to things like {subject} out of politeness. Not again.",
    ),
    "against": (
        "I’d never go for {subject}. Question is how much of that I say here.",
        "“{quote}” – I have to be civil now.",
        "They want {subject} to be loved so badly that nobody looks at it.",
        "Breathe. It’s only {subject}. But no.",
        "If one more person praises {subject}, I’ll say it.",
        "Over my dead body, {subject}. Put it more kindly.",
    ),
}

QUIET: Final[Lines] = (
    "I’ll let the others go first. I’m still weighing {subject}.",
    "Nothing to add that {who} hasn’t said. Listen a little longer.",
    "Better to hear this out than to fill the silence.",
    "I’d only repeat myself about {subject}. Let it rest.",
    "I’ve stopped listening for the argument and started watching faces.",
)

SEEN: Final[Lines] = (
    "I notice it: {seen}. That changes the mood of the place.",
    "So here we are: {seen}.",
    "{seen} – I’ll keep that in mind.",
)
"""Thoughts about a place, a sight, a thought that came."""

REACH: Final[Lines] = ("catches {other}’s eye across the room", "turns to {other}, who has been quiet")
ASIDE: Final[Lines] = (
    "{other}, you’ve been quiet. What do you make of {subject}?",
    "{other}, just between us: would you want {subject}?",
    "{other}, I’d like your view on {subject} before we go on.",
    "I can’t tell if I’m being unfair about {subject}. What do you say, {other}?",
)

ANSWER: Final[dict[str, Lines]] = {
    "for": ("Yes, I would.", "Yes – without much hesitation.", "Honestly? Yes."),
    "lean-for": ("Probably yes.", "I think so, yes, if it holds up.", "More yes than no."),
    "torn": ("It depends.", "I go back and forth on that.", "Ask me tomorrow; today I can’t decide."),
    "lean-against": ("Probably not.", "I doubt it.", "Not as it stands, no."),
    "against": ("No.", "No, and I don’t expect that to change.", "Honestly? No."),
}
"""How a question that wants a yes or a no is answered."""

BECAUSE: Final[Lines] = (
    "Partly stubbornness, partly experience.",
    "Because I’ve had to live with the other way.",
    "It’s less a reason than a feeling, if I’m honest.",
)
RECALL: Final[Lines] = (
    "What stayed with me is what {who} said: “{quote}”.",
    "I’m still chewing on {who}’s “{quote}”.",
    "You heard {who}: “{quote}”. I keep coming back to that.",
)

FEEL: Final[dict[str, Lines]] = {
    "for": ("warm, a little excited", "pleased and attentive", "keen"),
    "lean-for": ("hopeful, with a reservation", "open, curious", "encouraged"),
    "torn": ("undecided, alert", "thoughtful", "pulled both ways"),
    "lean-against": ("sceptical but polite", "uneasy", "guarded"),
    "against": ("irritated, holding back", "impatient", "stubborn, a little tired"),
}
AIM: Final[dict[str, Lines]] = {
    "for": ("see that {subject} gets a fair chance", "win the others for {subject}"),
    "lean-for": ("find out whether {subject} holds up in everyday life",),
    "torn": ("make up my mind about {subject}", "understand what the others see in {subject}"),
    "lean-against": ("get an honest answer about {subject}",),
    "against": ("keep the others from talking themselves into {subject}",),
}

BANKS = (REACT, CLAIM, GROUND, THINK, ANSWER, AIM)
STOCK: Final = " ".join(
    [line for bank in BANKS for lines in bank.values() for line in lines]
    + [*CLOSE, *QUIET, *SEEN, *REACH, *ASIDE, *BECAUSE, *RECALL]
)
"""All lines in one text: words that stand here alone are nobody's subject."""

JUDGED = {
    True: ("It is what somebody like this would do.", "Nothing in it jars.", "It fits the moment well enough."),
    False: ("It could have come from anybody.", "It does not fit what went before.", "It reads like a pamphlet."),
}
"""Reasons of somebody who judges what others do, by whether they are content."""
