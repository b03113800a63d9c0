"""What the improviser makes people of: names, work, and what they like, want and do."""

from collections.abc import Sequence
from typing import Final

GIVEN: Final = {
    "f": "Alma Ana Beatriz Bridget Carmen Celia Dana Delia Edith Elena Farah Fiona Grace Greta Hana Helen Ida Ines "
    "Joan Judith Karen Keiko Laura Leila Mara Miriam Nadia Nora Olga Opal Paula Petra Rosa Ruth Selma Susan Tara "
    "Teresa Vera Viola Wanda Winnie Yara Yvonne Zoe Zelda",
    "m": "Adam Ahmed Ben Boris Carl Cesar David Dennis Emil Ernest Felix Frank Gabriel George Hassan Henry Ivan Ira "
    "Jack Jorge Karl Kofi Leon Luis Marco Miles Noah Nils Omar Oscar Paul Pedro Ravi Robert Samuel Stefan Tom Tariq "
    "Victor Vincent Walter Will Yusuf Yann Zack Zoltan",
}
FAMILY: Final = (
    "Abbott Almeida Baker Berg Castro Cole Diaz Dunn Ekberg Ellis Ferro Fisher Garcia Grant Haddad Hall Ibarra Irwin "
    "Jansen Jones Kaplan Kim Lopez Lund Marsh Moreno Nash Nguyen Okafor Owens Park Price Quiroga Ramos Reed Santos "
    "Shaw Silva Tanaka Torres Varga Voss Walsh Weber Yilmaz Young Zapata Zeller"
)
WORK: Final[Sequence[tuple[str, str, str]]] = (
    ("bus driver", "the city's transport company", "Drives the early shift and knows half of the passengers."),
    ("nurse", "a district hospital", "Works on a ward for older patients, nights every third week."),
    ("shop assistant", "a supermarket", "At the till in the morning, on the shelves after noon."),
    (
        "primary school teacher",
        "a school nearby",
        "Teaches a class of twenty-six, and reads with those who cannot yet.",
    ),
    ("electrician", "a firm of five", "Rewires old houses and explains bills to their owners."),
    ("bookkeeper", "a maker of windows", "Keeps the accounts and the peace in the office."),
    ("cook", "a school kitchen", "Cooks for three hundred, and hears at once what they think of it."),
    ("software tester", "an insurance company", "Finds what the others have overlooked, and writes it down."),
    ("farm worker", "a dairy farm", "Up at five, in all weathers."),
    ("hairdresser", "a salon of their own", "Cuts, listens, and forgets nothing."),
    ("warehouse clerk", "a mail-order company", "Counts what comes in and what goes out."),
    ("librarian", "the public library", "Runs the children's corner and the reminders."),
)
INTERESTS: Final = (
    "gardening",
    "football",
    "baking bread",
    "radio plays",
    "chess",
    "hiking",
    "old films",
    "choir singing",
    "cycling",
    "video games",
    "fishing",
    "crosswords",
    "photography",
    "local history",
    "knitting",
    "car repair",
    "cooking for friends",
    "reading crime novels",
    "swimming",
    "board games",
    "travelling by train",
    "birdwatching",
)
LIKES: Final = (
    "strong coffee",
    "a full fridge",
    "quiet mornings",
    "punctual people",
    "street markets",
    "rain on a roof",
    "clear prices",
    "long phone calls",
    "spicy food",
    "things that can be repaired",
    "sunday lunches",
    "dogs",
)
DISLIKES: Final = (
    "queues",
    "small print",
    "loud neighbours",
    "wasted food",
    "being rushed",
    "empty promises",
    "cold soup",
    "waiting for answers",
    "advertising calls",
    "plastic packaging",
    "waste of money",
    "crowded trains",
)
GOALS: Final = (
    "To pay off what is still owed.",
    "To see the children settled.",
    "To learn a language properly, at last.",
    "To move somewhere with a garden.",
    "To be out of pain in the mornings.",
    "To put something aside every month.",
    "To be needed without being used.",
    "To finish what was begun last year.",
)
TRAITS: Final = (
    "Keeps promises, and expects others to.",
    "Curious, until it gets technical.",
    "Careful with money.",
    "Talks easily to strangers.",
    "Slow to trust, loyal afterwards.",
    "Laughs about themselves.",
    "Worries about things that rarely happen.",
    "Stubborn when pushed.",
    "Would rather do than talk.",
)
BELIEFS: Final = (
    "You get what you pay for.",
    "People are mostly decent when nobody is watching.",
    "New is not the same as better.",
    "Work should be paid so that one can live on it.",
    "Children need rules more than toys.",
    "Whoever complains should also help.",
    "Prices rise faster than wages, whatever they say.",
    "A neighbour is worth more than a distant cousin.",
)
SKILLS: Final = (
    "Can tell within a minute what somebody wants.",
    "Repairs what others throw away.",
    "Cooks for twelve without fuss.",
    "Knows every shortcut in town.",
    "Good with numbers, without paper.",
    "Calms people down.",
    "Writes a clear letter.",
)
HABITS: Final = (
    "Reads the label before buying.",
    "Leaves ten minutes early.",
    "Makes lists and loses them.",
    "Asks twice to be sure.",
    "Hums while working.",
    "Keeps receipts in a shoe box.",
    "Answers messages late at night.",
)
STYLE: Final = (
    "Speaks in short sentences and gets to the point.",
    "Tells stories where others give answers.",
    "Dry, with long pauses.",
    "Warm and quick, and interrupts without noticing.",
    "Polite, and hard to read.",
)
DAY: Final = {
    "morning": ("Up at six, coffee standing.", "Gets everybody out of the house.", "A walk before anything else."),
    "workday": ("Works through until noon.", "Lunch at the desk.", "Errands on the way home."),
    "evening": ("Cooks something simple.", "Television, half watched.", "A call to the family."),
    "weekend": ("Sleeps in on Sunday.", "Market on Saturday.", "Visits, or is visited."),
}
FACTS: Final = (
    "Grew up in a house with four others.",
    "Has moved three times.",
    "Once won a prize for a cake.",
    "Has never learned to swim.",
    "Keeps a diary, in five words a day.",
    "Was in hospital once, and did not like it.",
)
TIES: Final = (
    ("sibling", "They talk every Sunday, and agree on little."),
    ("neighbour", "Has the spare key."),
    ("friend from school", "They see each other once a year and it is as if no time had passed."),
    ("parent", "Calls often, and asks the same questions."),
)
TOWNS: Final = (
    "a small town by a river",
    "the edge of a large city",
    "a village with one shop",
    "a block of flats in the centre",
)
HEALTH: Final = (
    "Well, apart from the back.",
    "Rarely ill.",
    "Takes something for the blood pressure.",
    "Sleeps badly.",
)
SCHOOL: Final = (
    "Left school at sixteen, and learned a trade.",
    "Finished secondary school.",
    "Has a degree from a small university.",
)
FACTORS: Final = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")
LEVELS: Final = (
    "High. It shows in most of what they do.",
    "Medium. It depends on the day.",
    "Low. Others have remarked on it.",
)
