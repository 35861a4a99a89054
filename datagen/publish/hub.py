"""One dataset repository of the Hugging Face Hub, through the Hub's own client.

Files go up one by one without being visible (`preupload_lfs_files`; what the Hub has already is not sent again), and
one commit shows them all. `upload_large_folder` commits in between, so that half a dataset could be seen. Errors never
quote the Hub's answer or an address: an upload's address holds its signature.
"""

import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from datagen.errors import DatagenError, UsageError
from datagen.publish.content import DatasetFile

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd

CARD, ATTRIBUTES = "README.md", ".gitattributes"
"""The card, and the one file that the Hub itself puts into a repository."""

_SILENCE_S = 120.0
"""Seconds without a byte from the Hub before a request counts as lost; its client would wait for ever."""
_LATER = "what was uploaded is kept; start again to go on"
_KIND = "dataset"


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file on the Hub: its SHA-256 when it is stored as a large file, else the hash of its git blob."""

    size: int
    sha256: str | None
    blob: str

    def equals(self, file: DatasetFile) -> bool:
        """Whether it has a local file's content."""
        if self.sha256 is not None:
            return self.sha256 == file.sha256
        from huggingface_hub.utils.sha import git_hash

        return self.size == file.size and self.blob == git_hash(file.path.read_bytes())


@dataclass(frozen=True, slots=True)
class RemoteState:
    """A repository's branch as it stands.

    Attributes:
        commit: its newest one.
        private: whether only its owners see it.
        files: by name.
        tags: commits by tag.
        card: the front matter of its card; empty without one.
    """

    commit: str
    private: bool
    files: Mapping[str, RemoteFile]
    tags: Mapping[str, str]
    card: Mapping[str, Any]


class Repository:
    """A dataset repository, there or not yet.

    Args:
        repo_id: `owner/name`.
        branch: where the dataset goes.

    Raises:
        UsageError: the name is malformed, or there is no token, or one that may not write.
        DatagenError: the Hub can't be reached.
    """

    def __init__(self, repo_id: str, branch: str) -> None:
        from huggingface_hub import HfApi, set_client_factory
        from huggingface_hub.utils.tqdm import disable_progress_bars

        refuse_malformed(repo_id)
        set_client_factory(_patient_client)
        disable_progress_bars()
        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # its warnings quote addresses
        self.repo_id, self.branch = repo_id, branch
        refuse_without_token(repo_id)
        self._api = HfApi()
        with self._errors("asking who the token belongs to"):
            said = self._api.whoami()
        if said.get("auth", {}).get("accessToken", {}).get("role") == "read":
            raise UsageError(
                f"{repo_id}: the token may only read; make one that may write at "
                "https://huggingface.co/settings/tokens and set HF_TOKEN"
            )

    @property
    def url(self) -> str:
        """Its page."""
        return f"{self._api.endpoint}/datasets/{self.repo_id}"

    def state(self) -> RemoteState | None:
        """What is there now; None when there is no such repository, or none that the token may see.

        Raises:
            UsageError: the repository has no such branch.
        """
        from huggingface_hub import RepoFile
        from huggingface_hub.errors import RepositoryNotFoundError

        with self._errors("looking at the repository"):
            try:
                refs = self._api.list_repo_refs(self.repo_id, repo_type=_KIND)
            except RepositoryNotFoundError:
                return None
            heads = {branch.name: branch.target_commit for branch in refs.branches}
            if self.branch not in heads:
                raise UsageError(
                    f"{self.repo_id}: there is no branch {self.branch!r}; there are {', '.join(heads) or 'none'}. Make "
                    f"it: `hf repos branch create {self.repo_id} {self.branch} --type dataset`, or leave --revision out"
                )
            commit = heads[self.branch]
            info = self._api.dataset_info(self.repo_id)
            tree = self._api.list_repo_tree(self.repo_id, recursive=True, revision=commit, repo_type=_KIND)
            files = {
                entry.path: RemoteFile(entry.size, entry.lfs.sha256 if entry.lfs else None, entry.blob_id)
                for entry in tree
                if isinstance(entry, RepoFile)
            }
            tags = {tag.name: tag.target_commit for tag in refs.tags}
            card = self._card(commit) if CARD in files else {}
        return RemoteState(commit, bool(info.private), files, tags, card)

    def create(self, private: bool) -> None:
        """Make the repository; one that is there stays as it is."""
        with self._errors("making the repository"):
            self._api.create_repo(self.repo_id, repo_type=_KIND, private=private, exist_ok=True)

    def upload(self, file: DatasetFile) -> "CommitOperationAdd":
        """Send a file, visible to nobody, unless the Hub has its content or takes it with the commit.

        Returns:
            What the commit needs of it.
        """
        from huggingface_hub import CommitOperationAdd

        with self._errors(f"uploading {file.name}"):
            addition = CommitOperationAdd(file.name, file.path)
            self._api.preupload_lfs_files(self.repo_id, [addition], repo_type=_KIND, revision=self.branch)
        return addition

    def commit(self, additions: Sequence["CommitOperationAdd"], gone: Sequence[str], parent: str, title: str) -> str:
        """Show all files at once, and remove those that are gone.

        Args:
            additions: what `upload` gave.
            gone: names of files to remove.
            parent: the commit that the branch must still be at.
            title: of the commit.

        Returns:
            The new commit.
        """
        from huggingface_hub import CommitOperationDelete

        removals = [CommitOperationDelete(name, is_folder=False) for name in gone]
        with self._errors("making the commit"):
            made = self._api.create_commit(
                self.repo_id,
                [*additions, *removals],
                commit_message=title,
                repo_type=_KIND,
                revision=self.branch,
                parent_commit=parent,
            )
        return str(made.oid)

    def tag(self, name: str, commit: str) -> None:
        """Tag a commit; a tag of this name that is there stays."""
        with self._errors(f"making the tag {name}"):
            self._api.create_tag(self.repo_id, tag=name, revision=commit, repo_type=_KIND, exist_ok=True)

    def _card(self, commit: str) -> dict[str, Any]:
        """The front matter of the repository's card; one that nobody can read says nothing."""
        from huggingface_hub.repocard import metadata_load

        with tempfile.TemporaryDirectory() as folder:
            path = self._api.hf_hub_download(
                self.repo_id, CARD, repo_type=_KIND, revision=commit, cache_dir=folder, etag_timeout=_SILENCE_S
            )
            try:
                return metadata_load(path) or {}
            except Exception:  # a YAML library's own errors; somebody else's card may hold anything
                return {}

    def _errors(self, doing: str) -> AbstractContextManager[None]:
        return _explained(self.repo_id, doing)


def refuse_malformed(repo_id: str) -> None:
    """Raise UsageError unless a name is `owner/name` as the Hub has them."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils._validators import validate_repo_id

    try:
        validate_repo_id(repo_id)
        is_whole = repo_id.count("/") == 1
    except HFValidationError:
        is_whole = False
    if not is_whole:
        raise UsageError(f"--repo-id {repo_id!r}: no name of a repository; it looks like owner/name")


def refuse_without_token(repo_id: str) -> None:
    """Raise UsageError when this machine has no token of the Hub."""
    from huggingface_hub import get_token

    if get_token() is None:
        raise UsageError(
            f"{repo_id}: publishing needs a token of the Hub that may write; make one at "
            "https://huggingface.co/settings/tokens and set HF_TOKEN, or run `hf auth login`"
        )


def _patient_client() -> Any:
    """The Hub's own HTTP client, which gives a silent Hub up."""
    from huggingface_hub.utils import _http

    client = _http.default_client_factory()
    client.timeout = _SILENCE_S
    return client


@contextmanager
def _explained(repo_id: str, doing: str) -> Iterator[None]:
    """Say in our words what the Hub, the network or the disk had against it."""
    try:
        yield
    except DatagenError:
        raise
    except Exception as error:  # the clients below change their network errors with their versions
        _refuse(repo_id, doing, error)


def _refuse(repo_id: str, doing: str, error: Exception) -> NoReturn:
    """Raise what a user can act upon; without its cause, whose text may hold an address that nobody else may use."""
    from huggingface_hub.errors import OfflineModeIsEnabled

    chain: list[BaseException] = [error]
    while chain[-1].__cause__ is not None:
        chain.append(chain[-1].__cause__)
    for stopped in chain:  # a signal's, which the client may have taken for an error of its own
        if isinstance(stopped, DatagenError):
            raise stopped from None
    if any(isinstance(one, OfflineModeIsEnabled) for one in chain):
        raise DatagenError(f"{repo_id}: HF_HUB_OFFLINE is set, so the Hub can't be asked; unset it") from None
    status = next((code for code in map(_status, chain) if code), None)
    advice = _ADVICE.get(status or 0)
    if status == 401:
        raise UsageError(f"{repo_id}: {doing}: the Hub does not know this token; {advice}") from None
    if advice is not None:
        raise DatagenError(f"{repo_id}: {doing}: the Hub answered HTTP {status}; {advice}") from None
    if status is not None:
        said = f"the Hub answered HTTP {status}"
    elif any(isinstance(one, OSError) or type(one).__module__.startswith("httpx") for one in chain):
        said = f"the Hub can't be reached ({type(chain[-1]).__name__}); check the network and HF_ENDPOINT"
    else:
        said = f"the Hub answered what its client can't read ({type(chain[-1]).__name__})"
    raise DatagenError(f"{repo_id}: {doing}: {said}; {_LATER}") from None


_ADVICE = {
    400: f"it takes a file or the card for malformed, see https://huggingface.co/docs/hub/datasets-cards. {_LATER}",
    401: "set HF_TOKEN to a valid one",
    402: "the account's storage or plan does not allow it",
    403: "the token may not write there: use one with write access to this repository, or another --repo-id",
    404: "it is gone, or the token may not see it; check --repo-id and the token",
    409: f"somebody else changed the repository meanwhile; {_LATER}",
    412: f"somebody else changed the repository meanwhile; {_LATER}",
    413: "a file is too large for it; lower output.shard_rows and build again",
    429: f"it wants fewer requests; wait some minutes, {_LATER}",
}
"""What to do about an answer of the Hub, by its status."""


def _status(error: BaseException) -> int | None:
    code = getattr(getattr(error, "response", None), "status_code", None)
    return code if isinstance(code, int) else None
