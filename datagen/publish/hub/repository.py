"""One dataset repository of the Hugging Face Hub, through the Hub's own client.

Files go up without being visible (`preupload_lfs_files`; what the Hub has already is not sent again), and one commit
shows them all. `upload_large_folder` commits in between, so that half a dataset could be seen.
"""

import hashlib
import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datagen.errors import DatagenError, UsageError
from datagen.publish.content import DatasetFile
from datagen.publish.hub.line import HubLine

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd

CARD, ATTRIBUTES = "README.md", ".gitattributes"
"""The card, and the one file that the Hub itself puts into a repository."""

_LARGEST_CARD = 1 << 20
"""Bytes; a card that a build writes is a hundredth of it."""
_MOST_TOGETHER = 100
_WITHOUT_XET = "if it fails again, HF_HUB_DISABLE_XET=1 sends the files another way"
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
        return self.size == file.size and self.is_of(file.path.read_bytes())

    def is_of(self, content: bytes) -> bool:
        """Whether it has this content."""
        from huggingface_hub.utils.sha import git_hash

        if self.sha256 is not None:
            return self.sha256 == hashlib.sha256(content).hexdigest()
        return self.blob == str(git_hash(content))


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
        say: shows a line to whoever watches.

    Raises:
        UsageError: the name is malformed, or there is no token, or one that may not write.
        DatagenError: the Hub can't be reached.
    """

    def __init__(self, repo_id: str, branch: str, say: Callable[[str], None]) -> None:
        from huggingface_hub import HfApi, set_client_factory
        from huggingface_hub.utils.tqdm import disable_progress_bars

        refuse_malformed(repo_id)
        self.repo_id, self.branch = repo_id, branch
        self._line = HubLine(repo_id, say)
        set_client_factory(self._line.client)
        disable_progress_bars()
        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # its warnings quote addresses
        refuse_without_token(repo_id)
        self._api = HfApi()
        with self._line.explained("asking who the token belongs to"):
            role = ((self._api.whoami().get("auth") or {}).get("accessToken") or {}).get("role")
        if role == "read":
            raise UsageError(
                f"{repo_id}: the token may only read; make one that may write at "
                "https://huggingface.co/settings/tokens and set HF_TOKEN"
            )

    @property
    def url(self) -> str:
        """Its page."""
        return f"{self._api.endpoint}/datasets/{self.repo_id}"

    @property
    def together(self) -> int:
        """How many files go up at once: by Xet many, with one request for all of them.

        Without it one: of several, the client ends none before it is through, and a signal would have to wait.
        """
        from huggingface_hub.utils._runtime import is_xet_available

        return _MOST_TOGETHER if is_xet_available() else 1

    def state(self) -> RemoteState | None:
        """What is there now; None when there is no such repository, or none that the token may see.

        Raises:
            UsageError: the repository has no such branch, or has another name by now.
        """
        from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

        with self._line.explained("looking at the repository"):
            try:
                refs = self._api.list_repo_refs(self.repo_id, repo_type=_KIND)
            except GatedRepoError:  # which is there, though the client has it as one of those that are not
                raise
            except RepositoryNotFoundError:
                return None
            heads = {branch.name: branch.target_commit for branch in refs.branches}
            tags = {tag.name: tag.target_commit for tag in refs.tags}
            info = self._api.dataset_info(self.repo_id)
        if info.id != self.repo_id:
            told = f"{self.repo_id}: the Hub calls this repository {info.id!r}"
            raise UsageError(f"{told}; give this name with --repo-id, or under publish: in the recipe")
        if self.branch not in heads:
            raise UsageError(
                f"{self.repo_id}: there is no branch {self.branch!r}; there are {', '.join(heads) or 'none'}. Make "
                f"it: `hf repos branch create {self.repo_id} {self.branch} --type dataset`, or leave --revision out"
            )
        commit = heads[self.branch]
        files = self.files(commit)
        card = self._card(commit, files[CARD]) if CARD in files else {}
        return RemoteState(commit, bool(info.private), files, tags, card)

    def files(self, commit: str) -> dict[str, RemoteFile]:
        """The files of a commit, by name."""
        from huggingface_hub import RepoFile

        with self._line.explained("listing the files"):
            tree = self._api.list_repo_tree(self.repo_id, recursive=True, revision=commit, repo_type=_KIND)
            return {
                entry.path: RemoteFile(entry.size, entry.lfs.sha256 if entry.lfs else None, entry.blob_id)
                for entry in tree
                if isinstance(entry, RepoFile)
            }

    def create(self, private: bool) -> None:
        """Make the repository; one that is there stays as it is."""
        with self._line.explained("making the repository"):
            self._api.create_repo(self.repo_id, repo_type=_KIND, private=private, exist_ok=True)

    def upload(self, files: Sequence[DatasetFile]) -> list["CommitOperationAdd"]:
        """Send files, visible to nobody, unless the Hub has their content or takes it with the commit.

        Returns:
            What the commit needs of them.

        Raises:
            DatagenError: a file is not what it was when it was looked at.
        """
        from huggingface_hub import CommitOperationAdd
        from huggingface_hub.utils._runtime import is_xet_available

        named = f"{files[0].name}{f' and {len(files) - 1} more' if len(files) > 1 else ''}"
        for file in files:
            if not file.path.is_file():
                raise _another(file)
        with self._line.explained(f"uploading {named}", _WITHOUT_XET if is_xet_available() else ""):
            additions = [CommitOperationAdd(file.name, file.path) for file in files]
            # a .gitignore that somebody put there would leave files out of the commit without a word
            self._api.preupload_lfs_files(
                self.repo_id, additions, repo_type=_KIND, revision=self.branch, gitignore_content=""
            )
            sent = [addition.upload_info.sha256.hex() for addition in additions]
        for file, hash_ in zip(files, sent, strict=True):
            if hash_ != file.sha256:
                raise _another(file)
        return additions

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
        with self._line.explained("making the commit"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the Hub's, of the card, in its own words
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
        """Tag a commit; a tag of this name that is there stays.

        Raises:
            DatagenError: the Hub does not show it afterwards.
        """
        with self._line.explained(f"making the tag {name}"):
            self._api.create_tag(self.repo_id, tag=name, revision=commit, repo_type=_KIND, exist_ok=True)
            refs = self._api.list_repo_refs(self.repo_id, repo_type=_KIND)
        if all(tag.name != name for tag in refs.tags):
            told = f"{self.repo_id}: the dataset is there, but the Hub does not show its tag {name}"
            raise DatagenError(f"{told}; start again to set it")

    def _card(self, commit: str, file: RemoteFile) -> dict[str, Any]:
        """The front matter of the repository's card; one that nobody can read says nothing."""
        from huggingface_hub import RepoCard, get_session, hf_hub_url
        from huggingface_hub.utils._headers import build_hf_headers
        from huggingface_hub.utils._http import hf_raise_for_status

        if file.size > _LARGEST_CARD:
            return {}
        with self._line.explained("reading the card"):
            url = hf_hub_url(self.repo_id, CARD, repo_type=_KIND, revision=commit, endpoint=self._api.endpoint)
            response = get_session().get(url, headers=build_hf_headers())
            hf_raise_for_status(response)
            if not file.is_of(response.content):
                raise ValueError("something between us and the Hub answered for it")
        try:
            return dict(vars(RepoCard(response.content.decode(), ignore_metadata_errors=True).data))
        except Exception:  # a YAML library's own errors; somebody else's card may hold anything
            return {}


def held_token(repo_id: str) -> str | None:
    """The token of the Hub that this machine holds, from wherever it has it; None without one.

    Raises:
        UsageError: it can't be read, or is to be had for another one, and the Hub does not give it.
    """
    from huggingface_hub import get_token

    try:
        return get_token()
    except DatagenError:
        raise
    except Exception as error:  # it may come from a file, a notebook, or the Hub itself (HF_OIDC_RESOURCE)
        told = f"{repo_id}: the token of the Hub can't be had ({type(error).__name__})"
        raise UsageError(f"{told}; set HF_TOKEN, and unset HF_OIDC_RESOURCE") from None


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
    """Raise UsageError when this machine has no token of the Hub, or none that can be had or sent."""
    if held_token(repo_id) is None:
        raise UsageError(
            f"{repo_id}: publishing needs a token of the Hub that may write; make one at "
            "https://huggingface.co/settings/tokens and set HF_TOKEN, or run `hf auth login`"
        )


def _another(file: DatasetFile) -> DatagenError:
    told = f"{file.path}: it is no longer what it was when publishing began, and nothing was shown"
    return DatagenError(f"{told}; is a build at work? Let it end, and start again")
