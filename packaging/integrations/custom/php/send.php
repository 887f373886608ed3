<?php
// Sends one event to the relay, until it is taken:
//
//	php send.php ACTION FILE KEY
//
// FILE holds the event as JSON, KEY names it for good (an order's number). The
// exit code is 0 when it is on the relay's disk, 1 when no answer came: run it
// again later with the same key, 2 when the event itself was refused, 3 when the
// address or the credentials are wrong. PHP 7 or later; it needs no curl.

function setting(string $name, string $default): string
{
	$value = getenv($name);
	return $value === false ? $default : $value;
}

// post sends once and returns the status and the answer; 0 when there is none.
function post(string $action, string $body, string $key): array
{
	$context = stream_context_create(['http' => [
		'method' => 'POST',
		'header' => [
			'Content-Type: application/json',
			'X-PROJECT-ID: ' . setting('FUNNELRELAY_PROJECT_ID', ''),
			'X-API-KEY: ' . setting('FUNNELRELAY_API_KEY', ''),
			'Idempotency-Key: ' . $key,
		],
		'content' => $body,
		'timeout' => 40,
		'ignore_errors' => true, // a refusal has a body, too
	]]);
	$url = setting('FUNNELRELAY_URL', 'http://127.0.0.1:8787') . '/api/v1/webhook/' . rawurlencode($action);
	$text = @file_get_contents($url, false, $context);
	if ($text === false || empty($http_response_header)) {
		return [0, ['detail' => 'no answer']];
	}
	$status = (int) explode(' ', $http_response_header[0])[1];
	return [$status, json_decode($text, true) ?? ['detail' => $text]];
}

function is_final(int $status): bool
{
	return $status === 200 || $status === 202 || $status >= 400 && $status < 500 && $status !== 408 && $status !== 429;
}

// send tries until there is an answer that counts; always the same bytes and key.
function send(string $action, string $body, string $key): array
{
	$wait = (float) setting('FUNNELRELAY_WAIT', '1');
	for ($left = (int) setting('FUNNELRELAY_TRIES', '5'); ; $left--) {
		[$status, $answer] = post($action, $body, $key);
		if (is_final($status) || $left <= 1) {
			return [$status, $answer];
		}
		usleep((int) ($wait * 1000000));
		$wait *= 2;
	}
}

[, $action, $file, $key] = $argv;
[$status, $answer] = send($action, file_get_contents($file), $key);
if ($status === 200 || $status === 202) {
	echo json_encode($answer), "\n";
	exit(0);
}
fwrite(STDERR, "$status {$answer['detail']}\n");
foreach ($answer['errors'] ?? [] as $fault) { // what to correct, and where
	fwrite(STDERR, "  {$fault['pointer']} {$fault['detail']}\n");
}
exit(in_array($status, [400, 413, 415, 422], true) ? 2 : (is_final($status) ? 3 : 1));
