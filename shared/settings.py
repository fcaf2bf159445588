"""Settings from `ONCOQUEUE_*` environment variables, checked once at the start."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from email.utils import getaddresses
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from shared.errors import SettingsError
from shared.hosts import checked_base, is_address

PREFIX = "ONCOQUEUE_"
AE_TITLE = re.compile(r"[!-+\--\[\]-~]([ -+\--\[\]-~]{0,14}[!-+\--\[\]-~])?")  # PS3.5, 6.2: AE, and no comma
SOCKET_PATH_BYTES = 100  # the system's limit is 107 on Linux and 103 on macOS
SECRETS = frozenset({"redis_url", "database_url", "api_token", "secret_key", "smtp_password", "slack_webhook"})


class SecretFiles(PydanticBaseSettingsSource):
    """Reads `ONCOQUEUE_<NAME>_FILE`: how Docker and Kubernetes hand out secrets."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The text of the file that the variable names, without surrounding blanks; None where it is not set."""
        variable = f"{PREFIX}{field_name.upper()}_FILE"
        name = os.environ.get(variable) if field_name in SECRETS else None
        if not name:
            return None, field_name, False
        if os.environ.get(f"{PREFIX}{field_name.upper()}"):
            raise SettingsError(f"{variable} and {variable.removesuffix('_FILE')} are both set: keep one.")
        try:
            return Path(name).read_text(encoding="utf-8").strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{variable} names a file that cannot be read: {error}.") from error

    def __call__(self) -> dict[str, Any]:
        """The secrets that come from files, by the name of their setting."""
        values = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in values.items() if value is not None}


class Settings(BaseSettings):
    """All settings of all processes. Times in seconds; addresses hold secrets and are left out of `repr`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore")

    data_dir: Path = Field(default=Path("~/.local/share/oncoqueue"), validate_default=True)
    redis_url: str | None = Field(default=None, repr=False)
    database_url: str | None = Field(default=None, repr=False)
    api_token: SecretStr | None = None

    host: str = "127.0.0.1"
    port: int = Field(default=8077, ge=0, le=65535)
    server_url: str | None = None
    server_ca_file: Path | None = None
    public_url: str | None = None
    login: Literal["auto", "always"] = "auto"
    secret_key: SecretStr | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = Field(default=None, validate_default=True)
    trusted_proxies: int = Field(default=0, ge=0, le=10)
    hsts_days: int = Field(default=0, ge=0, le=730)
    metrics_port: int = Field(default=0, ge=0, le=65535)
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    lease_seconds: float = Field(default=30, ge=1, le=60)
    task_seconds: int = Field(default=600, ge=1)
    sweep_seconds: float = Field(default=5, gt=0)
    batch_quiet_seconds: float = Field(default=3600, gt=0)
    chunk_size: int = Field(default=16, ge=1, le=1000)
    max_solo_attempts: int = Field(default=3, ge=1)

    arrival_quiet_seconds: float = Field(default=300, gt=0)
    dicom_host: str = "127.0.0.1"
    dicom_port: int = Field(default=0, ge=0, le=65535)
    dicom_ae_title: str = "ONCOQUEUE"
    dicom_allow: str | None = None
    dicom_tls_cert: Path | None = None
    dicom_tls_key: Path | None = Field(default=None, validate_default=True)
    dicom_tls_client_ca: Path | None = Field(default=None, validate_default=True)
    dicom_max_associations: int = Field(default=10, ge=1, le=100)
    dicom_idle_seconds: float = Field(default=60, gt=0, le=3600)
    watch_dir: Path | None = None
    watch_seconds: float = Field(default=5, ge=0.1, le=3600)

    max_file_mb: float = Field(default=256, gt=0)
    max_files_per_request: int = Field(default=500, ge=1, le=10_000)
    max_pixels: int = Field(default=40_000_000, ge=1)

    alert_rules: Path | None = None
    alert_to: str | None = None
    alert_pictures: bool = True
    alert_timeout_seconds: float = Field(default=10, gt=0, le=60)
    alert_give_up_hours: float = Field(default=24, gt=0)
    alert_link_days: float = Field(default=7, gt=0)
    smtp_host: str | None = None
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_from: str | None = None
    smtp_ca_file: Path | None = None
    slack_webhook: SecretStr | None = None

    engine: str = "auto"
    classifier: str = "own"
    gate: bool = True
    objects: bool = False
    worker_threads: int = Field(default=0, ge=0)

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        """Children are started in other folders, so a relative one would mean different places; links are followed."""
        return folder.expanduser().resolve()

    @field_validator("classifier")
    @classmethod
    def _absolute_if_a_path(cls, name: str) -> str:
        """A path is told from a name by its slash."""
        return str(Path(name).expanduser().absolute()) if "/" in name else name

    @field_validator(
        "tls_cert", "tls_key", "server_ca_file", "dicom_tls_cert", "dicom_tls_key", "dicom_tls_client_ca", "watch_dir"
    )
    @classmethod
    def _absolute_too(cls, file: Path | None) -> Path | None:
        return file.expanduser().absolute() if file is not None else None

    @field_validator("tls_key")
    @classmethod
    def _both_or_neither(cls, key: Path | None, others: ValidationInfo) -> Path | None:
        if (key is None) != (others.data.get("tls_cert") is None):
            raise ValueError(f"set {PREFIX}TLS_CERT and {PREFIX}TLS_KEY, both or neither")
        return key

    @field_validator("dicom_tls_key")
    @classmethod
    def _both_or_neither_of_dicom(cls, key: Path | None, others: ValidationInfo) -> Path | None:
        if (key is None) != (others.data.get("dicom_tls_cert") is None):
            raise ValueError(f"set {PREFIX}DICOM_TLS_CERT and {PREFIX}DICOM_TLS_KEY, both or neither")
        return key

    @field_validator("dicom_tls_client_ca")
    @classmethod
    def _only_over_tls(cls, file: Path | None, others: ValidationInfo) -> Path | None:
        if file is not None and others.data.get("dicom_tls_key") is None:
            raise ValueError(
                f"certificates of senders are checked over TLS only: set {PREFIX}DICOM_TLS_CERT and its key"
            )
        return file

    @field_validator("dicom_ae_title", "dicom_allow")
    @classmethod
    def _are_ae_titles(cls, titles: str | None, about: ValidationInfo) -> str | None:
        several = (titles or "").split(",") if about.field_name == "dicom_allow" else [titles or ""]
        if titles is not None and not all(AE_TITLE.fullmatch(title.strip()) for title in several):
            raise ValueError("an AE title has 1 to 16 ASCII characters and no backslash; write commas between several")
        return titles

    @field_validator("public_url", "server_url")
    @classmethod
    def _leads_to_the_pages(cls, url: str | None) -> str | None:
        return None if url is None else checked_base(url)

    @field_validator("smtp_from")
    @classmethod
    def _is_a_sender(cls, sender: str | None) -> str | None:
        if sender is not None and [is_address(address) for _, address in getaddresses([sender])] != [True]:
            raise ValueError("write an e-mail address with a domain, such as oncoqueue@hospital.example")
        return sender

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, level: object) -> object:
        return level.lower() if isinstance(level, str) else level

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the files it names."""
        return init_settings, env_settings, SecretFiles(settings_cls)

    @property
    def database_address(self) -> str:
        """The SQLAlchemy URL of the database: SQLite in the data folder where none is set."""
        return self.database_url or f"sqlite:///{self.data_dir / 'oncoqueue.db'}"

    @property
    def redis_socket(self) -> Path:
        """Where the embedded Redis listens; under /tmp where the data folder is too deep for a socket's address."""
        path = self.data_dir / "redis.sock"
        if len(os.fsencode(path)) <= SOCKET_PATH_BYTES:
            return path
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]
        # Not the folder that TMPDIR names: all processes of a user must find the same one.
        return Path(f"/tmp/oncoqueue-{os.getuid()}-{digest}/redis.sock")  # noqa: S108

    @property
    def broker_address(self) -> str:
        """The URL of Redis in Celery's form: the embedded server's socket where none is set."""
        return self.redis_url or f"redis+socket://{quote(str(self.redis_socket))}"

    @property
    def blob_dir(self) -> Path:
        """The folder of the blob store."""
        return self.data_dir / "blobs"

    @property
    def max_file_bytes(self) -> int:
        """`max_file_mb` in bytes (1 MB = 2**20 bytes)."""
        return int(self.max_file_mb * 2**20)

    @property
    def dicom_senders(self) -> tuple[str, ...]:
        """The AE titles that may send to us; empty where all may."""
        return tuple(title.strip() for title in (self.dicom_allow or "").split(",") if title.strip())

    @property
    def heartbeat_seconds(self) -> float:
        """How often a lease is renewed: two renewals may be lost before it expires."""
        return self.lease_seconds / 3

    # The limits of a message derive from `alert_timeout_seconds`: the channel ends it before anybody else may try it.

    @property
    def alert_message_seconds(self) -> float:
        """How long one message may take in all, whatever the far side does; each step has the time-out of its own."""
        return 4 * self.alert_timeout_seconds

    @property
    def alert_lease_seconds(self) -> float:
        """How long a delivery is a sender's, from its claim and once more from the hand-over."""
        return 1.5 * self.alert_message_seconds

    # The limits of a task derive from `task_seconds`, in this order: it is asked to stop, it is killed,
    # and only after that does Redis hand its message out a second time.

    @property
    def soft_time_limit(self) -> int:
        """Seconds after which a task is interrupted by an exception."""
        return self.task_seconds

    @property
    def hard_time_limit(self) -> int:
        """Seconds after which the process of a task is killed."""
        return self.soft_time_limit + 30

    @property
    def visibility_timeout(self) -> int:
        """Seconds after which Redis delivers an unacknowledged message again."""
        return 2 * self.hard_time_limit


def load_settings() -> Settings:
    """The settings of the environment.

    Raises SettingsError with one sentence for the first thing that is wrong.
    """
    _refuse_misspelt_names()
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from error


def _refuse_misspelt_names() -> None:
    """A name that is nearly right is a slip that would go unnoticed; a foreign one is none of our business."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {f"{PREFIX}{name.upper()}_FILE" for name in SECRETS}
    for name in sorted(set(os.environ) - known):
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.9) if name.startswith(PREFIX) else []
        if close:
            raise SettingsError(f"{name} is not a setting; did you mean {close[0]}?")


def _sentence(error: ValidationError) -> str:
    """The first problem, without the value: it may be a secret."""
    first = error.errors(include_url=False, include_input=False)[0]
    problem = "write on or off" if first["type"] == "bool_parsing" else first["msg"].removeprefix("Value error, ")
    return f"{PREFIX}{str(first['loc'][0]).upper()} is not valid: {problem}."
