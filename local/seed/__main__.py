"""`python -m local.seed`: fill a fresh installation over HTTP. Running it again changes only what differs."""

import sys
import time

from local.client import PatientClient
from local.deploy import ADMINISTRATOR_EMAIL, ADMINISTRATOR_PASSWORD
from local.seed.assessment import AssessmentSeed
from local.seed.content import SeedContent, load
from local.seed.media import Talk, write_talks
from local.seed.people import PASSWORD, write_organization
from local.seed.program import ProgramSeed
from local.settings import Settings


def main() -> int:
    """Exit status 0; any refusal of the product's is an exception that names the request."""
    settings, content, started = Settings.from_environment(), load(), time.monotonic()
    administrator = PatientClient(settings.public_url).sign_in(ADMINISTRATOR_EMAIL, ADMINISTRATOR_PASSWORD)

    def say(what: str) -> None:
        print(f"           {what} ({time.monotonic() - started:.0f} s)", flush=True)

    organizations = {o.key: write_organization(administrator, o) for o in content.organizations}
    say(f"{len(organizations)} organizations, {sum(len(o.members) for o in content.organizations)} people")
    owner = next(o for o in content.organizations if o.owner)
    staff = PatientClient(settings.public_url).sign_in(owner.members[0].email, PASSWORD)

    assets = write_talks(staff, _talks(content), simulator_url=settings.simulator_url)
    say(f"{len(assets)} filmed talks with transcripts")
    program = ProgramSeed(staff, content)
    program.write_stages()
    modules = program.write_modules()
    lessons = program.write_lessons(modules, assets)
    program.write_masterclasses(assets)
    say(f"{len(modules)} modules, {len(lessons)} lessons")
    assessment = AssessmentSeed(staff, content)
    backgrounds = assessment.write_backgrounds()
    assessment.write_assessments(program.program_id, modules)
    assessment.write_lesson_items(lessons)
    say(f"{len(content.items)} items, {len(backgrounds)} backgrounds with their profiles")
    program.publish()
    program.assign(administrator, organizations.values())
    say(f"“{content.program.title}” is published and assigned")
    return 0


def _talks(content: SeedContent) -> list[Talk]:
    lessons = [lesson for course in content.courses for lesson in course.lessons]
    return [Talk("lesson_video", lesson.title, lesson.transcript) for lesson in lessons] + [
        Talk("masterclass_video", talk.title, talk.transcript) for talk in content.masterclasses
    ]


if __name__ == "__main__":
    sys.exit(main())
