"""What learning refuses, and what a person can do about it."""

from lodestar.problems import Conflict, Forbidden, InvalidContent, Problem


class ModuleLocked(Problem):
    """The learner has not yet earned what opens the module (JR-08). `required_star` opens it."""

    status = 403
    code = "module_locked"
    title = "This module is still locked"


class IndividualsHidden(Forbidden):
    """Analysts read aggregates, never a person's rows (JR-54)."""

    code = "individuals_hidden"
    title = "Your role reads aggregates, not individual learners"


class DraftIncomplete(Conflict):
    """A learner could not complete the program as drafted. `missing` lists what it lacks."""

    code = "draft_incomplete"
    title = "The draft cannot be published yet"


class NothingToPublish(Conflict):
    """The draft is the same as the published version."""

    code = "nothing_to_publish"
    title = "Nothing has changed since the last version"


class NotPublished(Conflict):
    """Only published programs are assigned and enrolled on."""

    code = "program_not_published"
    title = "Publish a version of the program first"


class NotAssigned(Conflict):
    """The organization is not, or no longer, offered the program."""

    code = "program_not_assigned"
    title = "Assign the program to your organization first"


class AlreadyEnrolled(Conflict):
    """A learner is on a program once. `enrollment_id` names the enrollment."""

    code = "already_enrolled"
    title = "This learner is already enrolled"


class KeyTaken(Conflict):
    """Another one beside it has this key."""

    code = "key_taken"
    title = "This key is already in use"


class CohortTitleTaken(Conflict):
    """A program's cohorts have different titles within an organization."""

    code = "cohort_title_taken"
    title = "The program has a cohort of this title"


class CohortArchived(Conflict):
    """Nobody joins an archived cohort."""

    code = "cohort_archived"
    title = "This cohort is archived"


class CohortFull(Conflict):
    """Every place of the cohort is taken."""

    code = "cohort_full"
    title = "This cohort is full"


class BackgroundFixed(Conflict):
    """The background may change until the first project starts."""

    code = "background_fixed"
    title = "The background cannot change after a project has started"


class UnknownBackground(InvalidContent):
    """A background that is not on offer."""

    code = "unknown_background"
    title = "There is no such background to choose"


class NoOffer(Conflict):
    """There is no promotion on offer now."""

    code = "no_promotion_offer"
    title = "No promotion is on offer now"


class NothingToOverride(InvalidContent):
    """The override names neither a star nor a tier that differs from the current one."""

    code = "nothing_to_override"
    title = "The override would change nothing"
