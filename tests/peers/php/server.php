<?php
// A source on PHP's own SoapServer: php -S 127.0.0.1:PORT server.php, with JOURNAL=FILE.
// It notes what it decoded as a line of JSON, and answers, or refuses with a fault where the reason is "Refuse".

$shape = basename(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
$wsdl = str_replace(
    'ADDRESS',
    "http://{$_SERVER['HTTP_HOST']}/$shape",
    file_get_contents(__DIR__ . "/../wsdl/$shape.wsdl")
);

if ($_SERVER['REQUEST_METHOD'] === 'GET') {
    header('Content-Type: text/xml; charset=utf-8');
    echo $wsdl;
    exit;
}

class Feedback
{
    private ?array $security = null;

    // Called for the header of this name, which the client may demand to be understood.
    public function Security(object $header): void
    {
        $token = $header->UsernameToken;
        $this->security = ['username' => $token->Username, 'password' => $token->Password];
        if (isset($token->Nonce)) {
            $expected = sha1(base64_decode($token->Nonce) . $token->Created . 's3cret', true);
            $this->security['digest'] = base64_encode($expected) === $token->Password;
        }
    }

    public function Submit(mixed ...$arguments): array
    {
        global $shape;
        $names = ['LeadId', 'Reason', 'Count', 'Amount', 'Final', 'Note', 'Empty', 'Lead'];
        if ($shape === 'encoded') {
            $names[] = 'Codes';
        }
        $values = $shape === 'wrapped' ? (array) $arguments[0] : array_combine($names, $arguments);
        $line = ['values' => $values, 'security' => $this->security, 'body' => file_get_contents('php://input')];
        file_put_contents(getenv('JOURNAL'), json_encode($line, JSON_UNESCAPED_UNICODE) . "\n", FILE_APPEND);
        if ($values['Reason'] === 'Refuse') {
            throw new SoapFault('Server', 'no lead <7> & co. is known');
        }
        $result = ['Success' => true, 'Message' => 'Überprüft & ok', 'Reference' => 'R-1', 'Price' => '12.50'];
        return $shape === 'wrapped' ? ['Result' => $result] : $result;
    }
}

$server = new SoapServer(
    'data:text/xml;base64,' . base64_encode($wsdl),
    ['cache_wsdl' => WSDL_CACHE_NONE, 'features' => SOAP_SINGLE_ELEMENT_ARRAYS]
);
$server->setClass(Feedback::class);
$server->handle();
