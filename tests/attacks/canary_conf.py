"""A conf with a secret in every place that takes one."""

import shutil
from pathlib import Path

from tests.attacks.canaries import SECRETS
from tests.http.identities import Authority

HERE = Path(__file__).parent
GATEWAY = """\
listen: ["unix:{folder}/socket"]
data: {folder}/data
network: {{allow: ["127.0.0.1/32"]}}
shutdown: 1s
log: {{format: json, level: debug}}
tokens:
  - {{name: crm, token: {{file: intake_token}}, roles: [post, view, replay, admin]}}
  - {{name: signed, token: {{file: signed_token}}, roles: [post], signature: {{secrets: [{{file: intake_key}}]}}}}
alerts:
  transport: json
  url: PARROT/alerts
  auth: {{bearer: {{file: alerts_token}}}}
  mapping: {{text: "{{{{ alert.kind }}}} {{{{ alert.key }}}} {{{{ alert.text }}}}"}}
"""
RETRY = "\n  retry: {first: 50ms, attempts: 2}\n  breaker: off\n"
READ = (
    """
  response: {reason_path: "(?s)(.*)", reference_path: "(?s)(.*)", capture: {all: "(?s)(.*)"}}"""
    + RETRY
)
LEAD = '{note: "{{ lead.note }}", email: "{{ lead.email }}", reason: "{{ feedback.reason }}"}'
PLACES = {
    "basic": f"transport: json\n  auth: {{basic: {{username: {{file: basic_user}}, password: {{file: basic_password}}}}}}\n  mapping: {LEAD}",
    "bearer": f"transport: formpost\n  auth: {{bearer: {{file: bearer}}}}\n  mapping: {LEAD}",
    "env": "transport: json\n  auth: {bearer: {env: CANARY_BEARER}}\n  mapping: {key: {env: CANARY_KEY}, note: '{{ lead.note }}'}",
    "header_key": f"transport: json\n  auth: {{api_key: {{header: X-Api-Key, key: {{file: header_key}}}}}}\n  mapping: {LEAD}",
    "query_key": f"transport: query\n  auth: {{api_key: {{query: key, key: {{file: query_key}}}}}}\n  mapping: {LEAD}",
    "signature": f"transport: json\n  auth: {{signature: {{keys: [{{file: signing_key}}]}}}}\n  mapping: {LEAD}",
    "oauth2": f"transport: json\n  auth: {{oauth2: {{token_url: PARROT/token, client_id: {{file: oauth_id}}, client_secret: {{file: oauth_secret}}}}}}\n  mapping: {LEAD}",
    "no_token": f"transport: json\n  auth: {{oauth2: {{token_url: PARROT/no-token, client_id: {{file: oauth_id}}, client_secret: {{file: oauth_secret}}, client_authentication: post}}}}\n  mapping: {LEAD}",
    "json": "transport: json\n  headers: {X-Key: {file: header_value}}\n  mapping: {key: {file: json_value}, 'list': [a, {file: json_value}]}",
    "query": "transport: query\n  mapping: {key: {file: query_value}}",
    "form": "transport: formpost\n  mapping: {key: {file: form_value}}",
    "extra": "transport: json\n  json_parameter: document\n  extra_parameters: {key: {file: extra}}\n  nested_extra_parameters: {deep.key: {file: nested}}",
    "xml": "transport: xml\n  mapping: {Return.Key: {file: xml_value}, Return.Data.#cdata: {file: xml_value}, Return@key: {file: xml_attribute}}",
    "hmac": "transport: query\n  mapping: {sign: \"{{ lead.note | hmac('sha256', key=secrets.hmac_key) }}\"}",
    "tls": "transport: json\n  tls: {certificate: {file: certificate}, key: {file: private_key}}\n  mapping: {a: 1}",
    "wss": "transport: soap\n  auth: {wss: {username: {file: wss_user}, password: {file: wss_password}}}\n  soap_headers: {Key@xmlns: 'urn:k', Key.Id: {file: soap_header}}\n  mapping: {Amid: {file: soap_value}, Tree.Inner: x}",
    "digest": "transport: soap\n  auth: {wss: {username: {file: wss_user}, password: {file: digest_password}, digest: true}}\n  mapping: {Amid: x, Tree.Inner: x}",
}
STATUSES = {
    "basic": 200,
    "bearer": 422,
    "env": 301,
    "header_key": 503,
    "query_key": 401,
    "json": 200,
    "xml": 422,
    "wss": 500,
}


def write_conf(folder: Path, address: str, names: tuple[str, ...]) -> Path:
    """A conf folder with a source for each of these places, at a source that listens at an address."""
    conf = folder / "conf"
    for name in ("sources", "secrets", "wsdl"):
        (conf / name).mkdir(parents=True)
    (conf / "gateway.yaml").write_text(GATEWAY.format(folder=folder).replace("PARROT", address))
    shutil.copy(HERE / "strings.wsdl", conf / "wsdl")
    keys = Authority().vouch()
    for name, text in {**SECRETS, "certificate": keys.certificate, "private_key": keys.key}.items():
        (conf / "secrets" / name).write_text(text)
        (conf / "secrets" / name).chmod(0o600)
    for name in names:
        url = f"{address.replace('http', 'https' if name == 'tls' else 'http')}/{STATUSES.get(name, 200)}/{name}"
        is_soap = "transport: soap" in PLACES[name]
        where = (
            f"  operation: Take\n  url: wsdl/strings.wsdl\n  address: {url}" if is_soap else f"  url: {url}"
        )
        text = f"return:\n  {PLACES[name]}\n{where}{RETRY if is_soap else READ}".replace("PARROT", address)
        (conf / "sources" / f"{name}.yaml").write_text(text)
    return conf
