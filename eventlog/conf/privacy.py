"""What is kept of people, and in what form."""

from eventlog.conf.parsing import boolean, names_besides
from eventlog.conf.setting import Setting
from eventlog.conf.shapes import encryption_keys
from eventlog.privacy.names import DEFAULT_IDENTIFYING_FIELDS, DEFAULT_SENSITIVE_FIELDS


class Privacy:
    SENSITIVE_FIELDS = Setting(
        (),
        names_besides(DEFAULT_SENSITIVE_FIELDS),
        "Names whose values are masked, besides the built-in ones, which cannot be switched off. Default none.",
    )
    IDENTIFYING_FIELDS = Setting(
        (),
        names_besides(DEFAULT_IDENTIFYING_FIELDS),
        "Names of fields whose values name a person wherever they stand, besides the built-in ones: what an "
        "erasure looks for in texts about others. Default none.",
    )
    ENCRYPTION_KEYS = Setting(
        (),
        encryption_keys,
        "Keys of 32 bytes in base64 that the values of sensitive events and archive files are encrypted with: the "
        "first encrypts, all decrypt. Default none: nothing is encrypted. See docs/encryption.md.",
        secret=True,
    )
    ANONYMOUS_ANALYTICS = Setting(
        False,
        boolean,
        "Whether counts and numbers do without who it was: no user is counted, and addresses are those of "
        "networks (/24, of IPv6 /48). Events keep both; docs/retention.md. Default False.",
    )
