"""Who we are to a source: what `auth:` in the conf was compiled to. Masked in every shown form."""

from gateway.auth.envelope import Wss
from gateway.auth.header import ApiKey, Basic, Bearer
from gateway.auth.oauth2 import OAuth2
from gateway.auth.proof import Auth
from gateway.auth.signature import Signature, SigningKey

__all__ = ["ApiKey", "Auth", "Basic", "Bearer", "OAuth2", "Signature", "SigningKey", "Wss"]
