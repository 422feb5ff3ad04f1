"""What media refuses, in words that a person can act on."""

from lodestar.problems import Conflict, Forbidden, InvalidContent, Problem


class ConsentRequired(Conflict):
    """Nobody is recorded without having agreed to it."""

    code = "consent_required"
    title = "Agree to being recorded first"


class PurposeForbidden(Forbidden):
    """Another role uploads files of this purpose."""

    code = "purpose_forbidden"
    title = "Your role does not upload files for this purpose"


class FileTooLarge(InvalidContent):
    """`max_bytes` is the purpose's limit."""

    code = "file_too_large"
    title = "The file is too large"


class UnsupportedType(InvalidContent):
    """`accepted` lists the content types of the purpose."""

    code = "unsupported_type"
    title = "Files of this type are not taken here"


class UploadClosed(Conflict):
    """The upload was received, or its time is over."""

    code = "upload_closed"
    title = "This upload is no longer open; begin a new one"


class NotMultipart(Conflict):
    """Only large files go up in parts."""

    code = "not_multipart"
    title = "This upload takes the file in one piece; use its url and fields"


class PartsMissing(Conflict):
    """Storage does not have every part, or not as named."""

    code = "parts_missing"
    title = "The parts do not make up the file"


class FileNotArrived(Conflict):
    """Storage does not have the file yet."""

    code = "file_not_arrived"
    title = "The file has not arrived yet; send it to the upload's url first"


class AssetNotReady(Conflict):
    """The asset is being uploaded or processed, or was rejected."""

    code = "asset_not_ready"
    title = "The recording cannot be played now"


class NothingToProcess(Conflict):
    """Processing needs a file that has arrived."""

    code = "nothing_to_process"
    title = "There is no file to process"


class TranscriptByPerson(Conflict):
    """A person's transcript is not replaced by a model's."""

    code = "transcript_by_person"
    title = "A person wrote this transcript; no model replaces it"


class ModuleLocked(Problem):
    """The learner needs another star first; `required_star` says which."""

    status = 403
    code = "module_locked"
    title = "This is locked for now"


class ProcessingFailed(InvalidContent):
    """What an operation says when the file could not be processed."""

    code = "processing_failed"
    title = "The file could not be processed"
