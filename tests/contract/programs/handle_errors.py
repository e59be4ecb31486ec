"""Handle the errors that can occur before the first rule is written."""

import os
import socket

import requests
from vcloudair import ANSFirewall, EdgeGatewayQuery, VCASession, VMQuery

USER, PASSWORD, ORG, URL = (os.environ["CLOUD_" + name] for name in ("USER", "PASSWORD", "ORG", "URL"))


def attempt(what, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
        print(what, "worked")
    except requests.exceptions.SSLError:
        print(what, "TLS")
    except requests.exceptions.ConnectionError:
        print(what, "no connection")
    except requests.exceptions.RequestException as error:
        print(what, "no answer", type(error).__name__)
    except RuntimeError as error:
        print(what, "refused", bool(str(error)))
    except (KeyError, IndexError, ValueError) as error:
        print(what, type(error).__name__)


attempt("no user", VCASession().login)
attempt("no password", VCASession("5.6", USER).login)
attempt("no org", VCASession("5.6", USER, PASSWORD).login, vcd_url=URL)
attempt("wrong password", VCASession("5.6", USER, "wrong").login, orgname=ORG, vcd_url=URL)
attempt("wrong org", VCASession("5.6", USER, PASSWORD).login, orgname="nope", vcd_url=URL)
attempt("wrong password at the portal", VCASession("5.6", USER, "wrong").login)
attempt("other certificate", VCASession("5.6", USER, PASSWORD).login, orgname=ORG, vcd_url="https://other.example.test")

with socket.socket() as unused:
    unused.bind(("127.0.0.1", 0))
    closed = "http://127.0.0.1:{}".format(unused.getsockname()[1])
attempt("closed port", VCASession("5.6", USER, PASSWORD).login, orgname=ORG, vcd_url=closed)

session = VCASession("5.6", USER, PASSWORD)
attempt("portal", session.login)
attempt("unknown VDC", session.login_to_vdc, "nope")
attempt("VDC before its login", session.__getitem__, session.vdc_names[0])
org_info = session.login_to_vdc(session.vdc_names[0])
attempt("VDC after its login", session.__getitem__, session.vdc_names[0].upper())

attempt("query without a token", VMQuery, vcdurl=URL, version="5.6")
attempt("query with a wrong token", VMQuery(vcdurl=org_info["vcdurl"], token="0" * 32, version="5.6").execute)
attempt("edge that is not there", ANSFirewall("00000000-0000-4000-8000-000000000000", org_info).get_config)
edges = EdgeGatewayQuery(org_info)
edges.execute()
attempt("edge by name", edges.find_by_name, "nope")
attempt("first of none", edges.find_by_name("nope").__getitem__, 0)
firewall = ANSFirewall(list(edges.results)[0], org_info)
firewall.get_config()
attempt("rule 99", firewall.__getitem__, 99)
attempt("delete rule 99", firewall.__delitem__, 99)
attempt("no such host", VCASession("5.6", USER, PASSWORD).login, orgname=ORG, vcd_url="http://127.0.0.1:1")
