// A source on the npm package `soap`: node server.js PORT, with JOURNAL=FILE.
// It notes what it decoded as a line of JSON, and answers, or refuses with a fault where the reason is "Refuse".
"use strict";

const crypto = require("crypto");
const fs = require("fs");
const http = require("http");
const path = require("path");
const soap = require("soap");

const port = Number(process.argv[2]);
const RESULT = { Success: true, Message: "Überprüft & ok", Reference: "R-1", Price: "12.50" };
const REFUSED = "no lead <7> & co. is known";
const FAULTS = {
  "1.1": { faultcode: "soap:Server", faultstring: REFUSED },
  "1.2": { Code: { Value: "soap:Receiver" }, Reason: { Text: REFUSED } },
};

let security = null;

function authenticate(header) {
  const token = header && header.UsernameToken;
  if (!token) return true;
  const text = (node) => (node && node.$value !== undefined ? node.$value : node);
  security = { username: text(token.Username), password: text(token.Password) };
  if (token.Nonce) {
    const nonce = Buffer.from(text(token.Nonce), "base64");
    const hash = crypto.createHash("sha1").update(nonce).update(text(token.Created)).update("s3cret");
    security.digest = hash.digest("base64") === security.password;
  }
  return true;
}

function service(version) {
  function Submit(values) {
    fs.appendFileSync(process.env.JOURNAL, JSON.stringify({ values, security }) + "\n");
    security = null;
    if (values.Reason === "Refuse") throw { Fault: { ...FAULTS[version], statusCode: 500 } };
    return { Result: RESULT };
  }
  return { Peer: { Soap11: { Submit }, Soap12: { Submit } } };
}

const server = http.createServer((request, response) => response.writeHead(404).end());
server.listen(port, "127.0.0.1", () => {
  for (const shape of ["wrapped", "rpc"]) {
    for (const version of ["1.1", "1.2"]) {
      const at = `/${version}/${shape}`;
      const wsdl = fs.readFileSync(path.join(__dirname, "..", "wsdl", `${shape}.wsdl`), "utf8");
      const listening = soap.listen(server, {
        path: at,
        services: service(version),
        xml: wsdl.replaceAll("ADDRESS", `http://127.0.0.1:${port}${at}`),
        forceSoap12Headers: version === "1.2",
      });
      listening.authenticate = authenticate;
    }
  }
  console.log("ready");
});
