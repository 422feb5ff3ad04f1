"""The contract of object storage, against S3's protocol."""

import json
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import boto3
import httpx
import pytest

from local import aws as local_aws
from lodestar.adapters import CapabilityNotConfigured, storage
from lodestar.config import settings
from tests.local.conftest import running_emulator

PART_BYTES = 5 * 1024 * 1024


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The local stack's AWS, IAM and policies enforced: the variables with which to speak to it."""
    with running_emulator(tmp_path_factory.mktemp("aws"), module="local.emulator") as running:
        yield local_aws.credentials(running.directory, port=running.port)


def in_process(aws: str) -> dict[str, str]:
    return {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL": aws}


@pytest.fixture(params=["in process", "embedded"])
def store(request: pytest.FixtureRequest, aws: str, environment: pytest.MonkeyPatch) -> storage.ObjectStore:
    """An empty bucket in each of the two stand-ins for S3."""
    variables = request.getfixturevalue("emulator") if request.param == "embedded" else in_process(aws)
    bucket = f"media-{uuid4().hex[:8]}"
    for name, value in {**variables, "AWS_REGION": "us-east-1", "MEDIA_BUCKET": bucket}.items():
        environment.setenv(name, value)
    settings.cache_clear()
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=bucket)
    return storage.object_store()


def test_an_object_is_written_read_listed_and_deleted(store: storage.ObjectStore, tmp_path: Path) -> None:
    store.upload("a/one.txt", b"first", content_type="text/plain")
    path = tmp_path / "two.txt"
    path.write_bytes(b"second")
    store.upload("a/two.txt", path, content_type="text/plain")

    info = store.head("a/one.txt")
    assert (info.size, info.content_type) == (5, "text/plain")
    assert store.read("a/two.txt", max_bytes=100) == b"second"
    assert store.download("a/two.txt", tmp_path / "copy").size == 6
    assert (tmp_path / "copy").read_bytes() == b"second"
    assert [entry.key for entry in store.list_objects("a/").objects] == ["a/one.txt", "a/two.txt"]

    store.delete("a/one.txt")
    store.delete("a/one.txt")
    with pytest.raises(storage.ObjectNotFound):
        store.head("a/one.txt")


def test_an_absent_object_is_not_found_whoever_asks(store: storage.ObjectStore, tmp_path: Path) -> None:
    for ask in (
        lambda: store.head("absent"),
        lambda: store.read("absent", max_bytes=1),
        lambda: store.read_range("absent", start=0, length=1),
        lambda: store.download("absent", tmp_path / "absent"),
    ):
        with pytest.raises(storage.ObjectNotFound):
            ask()


def test_a_large_object_is_not_read_whole(store: storage.ObjectStore) -> None:
    store.upload("large", bytes(1001), content_type="application/octet-stream")

    with pytest.raises(storage.ObjectTooLarge):
        store.read("large", max_bytes=1000)


def test_a_range_ends_where_the_object_does(store: storage.ObjectStore) -> None:
    store.upload("range", b"0123456789", content_type="text/plain")

    assert store.read_range("range", start=0, length=4) == b"0123"
    assert store.read_range("range", start=8, length=100) == b"89"
    assert store.read_range("range", start=10, length=1) == b""


def test_a_listing_is_paged(store: storage.ObjectStore) -> None:
    for name in "abc":
        store.upload(f"page/{name}", b"x", content_type="text/plain")

    first = store.list_objects("page/", limit=2)
    second = store.list_objects("page/", limit=2, cursor=first.next_cursor)

    assert [entry.key for entry in first.objects] == ["page/a", "page/b"]
    assert [entry.key for entry in second.objects] == ["page/c"]
    assert second.next_cursor is None


def test_a_presigned_link_reads_the_object_under_a_name_of_our_choice(store: storage.ObjectStore) -> None:
    store.upload("files/a b+ü.txt", b"text", content_type="text/plain")

    url = store.presign_get("files/a b+ü.txt", filename="Lebenslauf für “Ana”.txt", content_type="text/csv")
    answer = httpx.get(url)

    assert answer.content == b"text"
    assert answer.headers["content-type"].startswith("text/csv")
    assert "filename*=UTF-8''Lebenslauf%20f%C3%BCr" in answer.headers["content-disposition"]


def test_a_link_expires(store: storage.ObjectStore) -> None:
    url = urlsplit(store.presign_get("key", expires_seconds=60))

    assert parse_qs(url.query)["X-Amz-Expires"] == ["60"]
    with pytest.raises(ValueError, match="7 days"):
        store.presign_get("key", expires_seconds=8 * 24 * 3600)


def test_a_form_uploads_what_it_was_signed_for(store: storage.ObjectStore) -> None:
    form = store.presign_post(
        "uploads/video.webm", content_type="video/webm", max_bytes=1000, metadata={"Upload-Id": "42"}
    )

    answer = httpx.post(
        form.url, data=dict(form.fields), files={"file": ("video.webm", b"x" * 10, "video/webm")}
    )

    assert answer.status_code in {200, 204}
    info = store.head("uploads/video.webm")
    assert (info.size, info.content_type, info.metadata) == (10, "video/webm", {"upload-id": "42"})


def test_a_forms_policy_fixes_key_type_and_size(store: storage.ObjectStore) -> None:
    form = store.presign_post("k", content_type="video/webm", min_bytes=5, max_bytes=1000, expires_seconds=60)

    conditions = json.loads(b64decode(form.fields["policy"]))["conditions"]

    assert ["content-length-range", 5, 1000] in conditions
    assert {"key": "k"} in conditions
    assert {"Content-Type": "video/webm"} in conditions
    assert {"x-amz-date", "x-amz-credential", "x-amz-algorithm", "x-amz-signature"} <= form.fields.keys()


@pytest.mark.parametrize("store", ["embedded"], indirect=True)
@pytest.mark.parametrize(
    ("change", "size"),
    [
        ({}, 1001),
        ({}, 0),
        ({"key": "other"}, 10),
        ({"Content-Type": "text/html"}, 10),
        ({"policy": "e30="}, 10),
    ],
)
def test_the_store_refuses_what_the_form_was_not_signed_for(
    store: storage.ObjectStore, change: dict[str, str], size: int
) -> None:
    form = store.presign_post("video.webm", content_type="video/webm", max_bytes=1000)

    answer = httpx.post(
        form.url, data={**form.fields, **change}, files={"file": ("v.webm", bytes(size), "video/webm")}
    )

    assert answer.status_code in {400, 403}
    assert store.list_objects("").objects == ()


def test_a_large_file_goes_up_in_parts(store: storage.ObjectStore) -> None:
    upload_id = store.start_multipart("parts.webm", content_type="video/webm", metadata={"a": "b"})
    pieces = [b"1" * PART_BYTES, b"2" * 10]
    parts = []
    for number, piece in enumerate(pieces, start=1):
        url = store.presign_part("parts.webm", upload_id=upload_id, number=number)
        etag = httpx.put(url, content=piece).headers["etag"]
        parts.append(storage.Part(number=number, etag=etag))

    assert [(part.number, size) for part, size in store.list_parts("parts.webm", upload_id=upload_id)] == [
        (1, PART_BYTES),
        (2, 10),
    ]
    finished = store.complete_multipart("parts.webm", upload_id=upload_id, parts=parts)

    assert finished.size == PART_BYTES + 10
    assert finished.content_type == "video/webm"
    assert store.complete_multipart("parts.webm", upload_id=upload_id, parts=parts) == finished


def test_an_open_upload_in_parts_is_found_by_its_key(store: storage.ObjectStore) -> None:
    upload_id = store.start_multipart("begun", content_type="video/webm")
    store.start_multipart("begun-too", content_type="video/webm")

    assert store.find_multipart("begun") == upload_id
    store.abort_multipart("begun", upload_id=upload_id)
    assert store.find_multipart("begun") is None


def test_a_missing_part_leaves_the_upload_incomplete(store: storage.ObjectStore) -> None:
    upload_id = store.start_multipart("gap", content_type="video/webm")

    with pytest.raises(storage.UploadIncomplete):
        store.complete_multipart("gap", upload_id=upload_id, parts=[storage.Part(number=1, etag="0" * 32)])


def test_an_aborted_upload_is_gone(store: storage.ObjectStore) -> None:
    upload_id = store.start_multipart("aborted", content_type="video/webm")

    store.abort_multipart("aborted", upload_id=upload_id)
    store.abort_multipart("aborted", upload_id=upload_id)

    with pytest.raises(storage.ObjectNotFound):
        store.list_parts("aborted", upload_id=upload_id)


def test_a_store_that_does_not_answer_is_unavailable(
    store: storage.ObjectStore, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    settings.cache_clear()

    with pytest.raises(storage.StorageUnavailable):
        storage.object_store().head("key")


def test_without_a_bucket_the_missing_setting_is_named(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("MEDIA_BUCKET", raising=False)
    settings.cache_clear()

    with pytest.raises(CapabilityNotConfigured, match="MEDIA_BUCKET"):
        storage.object_store()


def test_signing_builds_no_client(store: storage.ObjectStore) -> None:
    store.presign_get("key")
    store.presign_post("key", content_type="text/plain", max_bytes=1)

    assert "_s3" not in vars(storage.object_store())


def test_every_version_under_a_prefix_goes(store: storage.ObjectStore) -> None:
    for key in ("erase/a/one.txt", "erase/a/one.txt", "erase/a/b/two.txt", "erase/ab/three.txt"):
        store.upload(key, b"words", content_type="text/plain")
    assert store.delete_all("erase/a/") >= 2
    assert [found.key for found in store.list_objects("erase/").objects] == ["erase/ab/three.txt"]
    assert store.delete_all("erase/a/") == 0


def test_nobody_deletes_the_whole_bucket(store: storage.ObjectStore) -> None:
    for prefix in ("", "/"):
        with pytest.raises(ValueError, match="whole bucket"):
            store.delete_all(prefix)


def test_an_object_of_unknown_size_is_written_in_parts(store: storage.ObjectStore) -> None:
    line = b"0123456789abcdef" * 65_536
    with storage.ObjectWriter(store, "written/large.bin", content_type="application/zip") as target:
        for _ in range(20):
            target.write(line)
    assert (target.size, store.head("written/large.bin").size) == (20 * len(line), 20 * len(line))


def test_what_was_not_written_to_its_end_is_no_object(store: storage.ObjectStore) -> None:
    target = storage.ObjectWriter(store, "written/half.bin", content_type="application/zip")
    target.write(b"half")
    target.__exit__(RuntimeError, RuntimeError(), None)
    with pytest.raises(storage.ObjectNotFound):
        store.head("written/half.bin")
