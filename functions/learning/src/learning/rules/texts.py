"""Every sentence that learners read from learning, in one place: plain English, one function a sentence."""

from lodestar.contracts.learning import ModuleKind, Tier

TIER_LABELS = {Tier.BRONZE: "Bronze", Tier.SILVER: "Silver", Tier.GOLD: "Gold"}
TIER_TEXTS = {
    Tier.BRONZE: "You are building the basics.",
    Tier.SILVER: "You have the basics and choose your own way.",
    Tier.GOLD: "You work independently on open tasks.",
}
KIND_LABELS = {
    ModuleKind.ASSESSMENT: "Assessment",
    ModuleKind.COURSE: "Course",
    ModuleKind.MASTERCLASS: "Masterclasses",
    ModuleKind.PROJECT: "Project",
    ModuleKind.INTERVIEW: "Interview",
}
WITHDRAWN = "This enrollment has ended. Ask your institution if you think that is a mistake."
DONE = "You have earned every star of this program. Congratulations!"


def of(completed: int, required: int) -> str:
    """How many of how many: "2 of 5"; more than enough is enough."""
    return f"{min(completed, required)} of {required}"


def stars(earned: int, possible: int) -> str:
    """How many stars."""
    return f"{of(earned, possible)} stars"


def locked(star: int, stage_title: str) -> str:
    """Why a module is locked, and what to do."""
    return f"Earn star {star} first: {stage_title}."


def locked_by_star(star: int) -> str:
    """Why something is locked, where the stage's title is not at hand."""
    return f"Earn star {star} first: it opens this part."


def unlocks(star: int, stage_title: str) -> str:
    """What stands before a module."""
    return f"Star {star}: {stage_title}"


def take_assessment(title: str, *, left: int) -> str:
    """The next assessment."""
    return f"Take the assessment {title}. {left} to go until your first star."


def open_lesson(title: str) -> str:
    """A lesson that was not begun."""
    return f"Start the lesson {title}."


def continue_lesson(title: str) -> str:
    """A lesson that was begun."""
    return f"Continue the lesson {title}."


def continue_masterclass(title: str) -> str:
    """A masterclass that was begun."""
    return f"Continue the masterclass {title}."


def take_quiz(title: str) -> str:
    """A lesson that was covered but whose quiz is not passed."""
    return f"Pass the quiz of the lesson {title}."


def watch_masterclass(title: str, *, completed: int, required: int) -> str:
    """The next masterclass."""
    return f"Watch the masterclass {title}. You have completed {of(completed, required)}."


def await_masterclasses(completed: int, required: int) -> str:
    """No further masterclass is on offer."""
    return f"You have completed {of(completed, required)} masterclasses. More will be added soon."


def begin(kind: ModuleKind, title: str) -> str:
    """A project or interview that was not begun, or has to be repeated."""
    return f"Begin the {KIND_LABELS[kind].lower()} {title}."


def go_on(kind: ModuleKind, title: str) -> str:
    """Something that was begun and waits for the learner."""
    return f"Continue the {KIND_LABELS[kind].lower()} {title} where you left it."


def wait(kind: ModuleKind, title: str) -> str:
    """Something that was handed in."""
    return f"Your work on the {KIND_LABELS[kind].lower()} {title} is being graded."


def promotion(target: Tier, *, star: int) -> str:
    """The offer of an exam."""
    return (
        f"With star {star} you may take the promotion exam for {TIER_LABELS[target]}, once. "
        "You may also skip it: skipping never blocks your progress."
    )


def no_promotion(tier: Tier | None) -> str:
    """Why there is no offer."""
    if tier is Tier.GOLD:
        return "You are at the highest tier."
    if tier is None:
        return "Your tier is set when you have taken the initial assessments."
    return "There is no promotion exam to take at this point."


def override_warning(opened: list[str], closed: list[str]) -> str:
    """What an override does to the learner's modules."""
    parts = []
    if opened:
        parts.append(f"This opens: {', '.join(opened)}.")
    if closed:
        parts.append(f"This locks: {', '.join(closed)}. What the learner has done there is kept.")
    return " ".join(parts) or "No module is opened or locked by this."


DRAFT_HOLDS_FOR = (
    "This draft reaches nobody before it is published. Then it holds for who is enrolled from that moment on; who is"
    " enrolled already stays on their version until staff move them."
)


def criteria(kind: ModuleKind, count: int | None) -> str:
    """What earns a star."""
    match kind:
        case ModuleKind.ASSESSMENT:
            return f"Take all {count} assessments. Their mean sets your tier."
        case ModuleKind.COURSE:
            return "Finish every required lesson of each course."
        case ModuleKind.MASTERCLASS:
            return f"Watch {_counted(count, 'masterclass', 'masterclasses')} to the end."
        case ModuleKind.PROJECT:
            return f"Pass {_counted(count, 'project', 'projects')}."
        case ModuleKind.INTERVIEW:
            return f"Pass {_counted(count, 'interview', 'interviews')}."


def _counted(count: int | None, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def tier_range(low: float, high: float, *, last: bool) -> str:
    """From where to where a tier reaches."""
    return f"from {low:g} to {high:g} percent" if last else f"from {low:g} to below {high:g} percent"


def promotion_settings(after_stars: list[int], *, enabled: bool) -> str:
    """When exams are offered."""
    if not enabled or not after_stars:
        return "No promotion exams are offered."
    *before, last = [str(star) for star in after_stars]
    named = f"{', '.join(before)} and {last}" if before else last
    return f"A promotion exam is offered after star{'s' if before else ''} {named}, and may be skipped."


OVERRIDE_REVOKES_NOTHING = (
    "Credentials that were issued stay valid: lowering revokes none. Revoke one yourself if it should go."
)
OVERRIDE_ISSUES_NOTHING = "No credential is issued by this."
OVERRIDE_ISSUES = "The program counts as completed, and credentials for it follow."
OVERRIDE_COMPLETES_WITHOUT = "The program is completed, but no credential is issued: ask for it with issue_credentials if one should be."
OVERRIDE_COMPLETED_BEFORE = "The program was completed before; no second credential is issued."


def override_earns_more(given: int, star: int) -> str:
    """Evidence that is there already earns more than is given."""
    return f"With star {given} given, what the learner has done already earns star {star} at once."


def override_lowers(old: int, new: int) -> str:
    """Stars that no longer stand."""
    lost = f"star {old}" if old == new + 1 else f"stars {new + 1} to {old}"
    return f"The learner loses {lost}, and earns them again by new work only; the record of them is kept."


def override_tier(tier: Tier) -> str:
    """What a tier changes."""
    return f"What is asked from now on is made for {TIER_LABELS[tier]}; attempts that were begun stay as they are."


def override_offers(target: Tier, star: int) -> str:
    """An exam that follows."""
    return f"The promotion exam for {TIER_LABELS[target]} is offered with star {star}."


def override_withdraws_offer(star: int) -> str:
    """An exam that can no longer be taken."""
    return f"The promotion exam of star {star} is no longer on offer."


def inactive(days: int, title: str) -> str:
    """A learner who has not been seen."""
    return f"You have not worked on {title} for {days} days. A few minutes are enough to pick it up again."


def welcome(title: str) -> str:
    """A learner who has not begun."""
    return f"Welcome to {title}. Your first assessment takes about ten minutes."


def enrolled(title: str) -> str:
    """A milestone: the beginning."""
    return f"You joined {title}."


def star_earned(star: int, title: str) -> str:
    """A milestone: a star."""
    return f"You earned star {star} of {title}."


def tier_reached(tier: Tier, title: str) -> str:
    """A milestone: a tier."""
    return f"You reached the tier {TIER_LABELS[tier]} in {title}."


def completed(title: str) -> str:
    """A milestone: the end."""
    return f"You completed {title}."
