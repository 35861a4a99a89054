"""Rows on the Hugging Face Hub, fixed to a commit.

`latest`, a branch and a tag are resolved to the commit that they name now; which files make a configuration and a split
is what `datasets` says for that commit. Errors never quote the Hub's answer, whose text may hold addresses with tokens.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from datagen.errors import DatagenError, UsageError
from datagen.reading.located import KNOWN_SUFFIXES, DataFile, Located

LATEST = "latest"
GIVE_A_PATH = "give the source a path:"


def locate_hub(
    dataset: str, config: str | None, revision: str | None, split: str = "train", *, otherwise: str = GIVE_A_PATH
) -> Located:
    """Fix a dataset of the Hub to a commit.

    Args:
        dataset: `owner/name`.
        config: the configuration; None takes the dataset's default.
        revision: a commit, branch or tag; None or `latest` is the newest commit.
        split: whose files to take.
        otherwise: what to do when the Hub does not have it, for messages.

    Returns:
        The files of the configuration's split in the order of `datasets`, as `hf://datasets/owner/name@commit/…`; the
        revision is the full commit, the config the name that the dataset gives it.

    Raises:
        UsageError: no such dataset, configuration, split or revision, or the dataset is gated.
        DatagenError: the Hub does not answer, or `HF_HUB_OFFLINE` forbids asking it.
    """
    splits = locate_hub_splits(dataset, config, revision, otherwise=otherwise)
    if split not in splits:
        config = next((located.config for located in splits.values()), config)
        raise UsageError(f"{dataset}: no split {split!r} in config {config}; there are {', '.join(splits)}")
    for file in splits[split].files:
        if file.format is None:
            raise UsageError(f"{dataset}: {file.name} has an unknown suffix; known ones: {KNOWN_SUFFIXES}")
    return splits[split]


def locate_hub_splits(
    dataset: str, config: str | None, revision: str | None, *, otherwise: str = GIVE_A_PATH
) -> dict[str, Located]:
    """Fix every split of a dataset of the Hub to a commit, whatever the suffixes of its files.

    Args:
        dataset: `owner/name`.
        config: as for `locate_hub`.
        revision: as for `locate_hub`.
        otherwise: what to do when the Hub does not have it, for messages.

    Raises:
        UsageError, DatagenError: as `locate_hub`, but for splits and suffixes.
    """
    from datasets import load_dataset_builder  # takes seconds to import, and a run from local files needs it not

    commit = commit_on_hub(dataset, revision, otherwise=otherwise)
    with hub_errors(dataset, config, revision, otherwise=otherwise):
        builder = load_dataset_builder(dataset, config, revision=commit)
    return {
        str(split): Located(dataset, builder.config.name, commit, tuple(_file(str(uri), commit) for uri in uris))
        for split, uris in (builder.config.data_files or {}).items()
    }


def commit_on_hub(dataset: str, revision: str | None, *, otherwise: str = GIVE_A_PATH) -> str:
    """The commit that a revision of a dataset names now, for one request.

    Args:
        dataset: `owner/name`.
        revision: as for `locate_hub`.
        otherwise: what to do when the Hub does not have it, for messages.

    Raises:
        UsageError, DatagenError: as `list_hub`.
    """
    root, _ = list_hub(dataset, revision, otherwise=otherwise)
    return root.rpartition("@")[2]


def list_hub(dataset: str, revision: str | None, *, otherwise: str = GIVE_A_PATH) -> tuple[str, tuple[str, ...]]:
    """What a dataset of the Hub holds: its address at a commit, `hf://datasets/owner/name@commit`, and its files.

    Args:
        dataset: `owner/name`.
        revision: as for `locate_hub`.
        otherwise: what to do when the Hub does not have it, for messages.

    Raises:
        UsageError, DatagenError: as `locate_hub`.
    """
    from huggingface_hub import HfApi  # takes long to import, too

    with hub_errors(dataset, None, revision, otherwise=otherwise):
        info = HfApi().dataset_info(dataset, revision=None if revision == LATEST else revision)
    return f"hf://datasets/{dataset}@{info.sha}", tuple(file.rfilename for file in info.siblings or ())


def _file(uri: str, commit: str) -> DataFile:
    return DataFile(uri, uri.partition(f"@{commit}/")[2] or uri)


@contextmanager
def hub_errors(
    dataset: str, config: str | None, revision: str | None, *, otherwise: str = GIVE_A_PATH
) -> Iterator[None]:
    """Say what is wrong with a dataset of the Hub in our words; `otherwise` is what to do instead of asking it."""
    from datasets.exceptions import DataFilesNotFoundError
    from huggingface_hub import errors

    try:
        yield
    except DatagenError:
        raise
    except errors.OfflineModeIsEnabled as error:
        raise DatagenError(
            f"{dataset}: HF_HUB_OFFLINE is set, so the Hub can't be asked; unset it, or {otherwise}"
        ) from error
    except errors.GatedRepoError as error:
        raise UsageError(
            f"{dataset}: the dataset is gated; accept its terms on the Hub and set HF_TOKEN, or {otherwise}"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise UsageError(f"{dataset}: no revision {revision!r}; use a commit of this dataset, or `latest`") from error
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        raise UsageError(
            f"{dataset}: no such dataset on the Hub; check the name, set HF_TOKEN if it is private, or {otherwise}"
        ) from error
    except DataFilesNotFoundError as error:
        raise UsageError(f"{dataset}: the dataset holds no data files that `datasets` reads; {otherwise}") from error
    except ValueError as error:
        if "config" not in str(error).lower():
            raise
        wanted = f"no config {config!r}" if config else "a config must be chosen"
        raise UsageError(f"{dataset}: {wanted}; {_available(str(error))}") from error
    except Exception as error:  # the clients below change their network errors with their versions
        status = getattr(getattr(error, "response", None), "status_code", None)
        said = f"answered HTTP {status}" if status else f"can't be reached ({type(error).__name__})"
        raise DatagenError(
            f"{dataset}: the Hub {said}; check the network, HF_ENDPOINT and HF_TOKEN, or {otherwise}"
        ) from error


def _available(message: str) -> str:
    listed = message.partition("[")[2].partition("]")[0].replace("'", "")
    return f"there are {listed}" if listed else "see its page on the Hub"
