<#
.SYNOPSIS
Sends one event to the relay, until it is taken.
.DESCRIPTION
FILE holds the event as JSON in UTF-8, KEY names it for good (an order's number).
The exit code is 0 when it is on the relay's disk, 1 when no answer came: run it
again later with the same key, 2 when the event itself was refused, 3 when the
address or the credentials are wrong. Windows PowerShell 5.1 or PowerShell 7.
.EXAMPLE
.\Send-Event.ps1 -Action Lead -File lead.json -Key lead-12345678
#>
param(
	[Parameter(Mandatory = $true)][string]$Action,
	[Parameter(Mandatory = $true)][string]$File,
	[Parameter(Mandatory = $true)][string]$Key,
	[string]$Url = $(if ($env:FUNNELRELAY_URL) { $env:FUNNELRELAY_URL } else { 'http://127.0.0.1:8787' }),
	[int]$Tries = $(if ($env:FUNNELRELAY_TRIES) { $env:FUNNELRELAY_TRIES } else { 5 }),
	[double]$Wait = $(if ($env:FUNNELRELAY_WAIT) { $env:FUNNELRELAY_WAIT } else { 1 })
)
$ErrorActionPreference = 'Stop'
Add-Type -AssemblyName System.Net.Http
[Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12

$taken = 200, 202
$refused = 400, 413, 415, 422
$settings = 401, 403, 404, 405, 421
$body = [IO.File]::ReadAllBytes((Resolve-Path -LiteralPath $File).ProviderPath)
$target = "$Url/api/v1/webhook/" + [Uri]::EscapeDataString($Action)

$client = New-Object System.Net.Http.HttpClient
$client.Timeout = [TimeSpan]::FromSeconds(40)

# Send-Once gives the status and the answer; 0 when there is none.
function Send-Once {
	$request = New-Object System.Net.Http.HttpRequestMessage 'POST', $target
	$request.Content = New-Object System.Net.Http.ByteArrayContent (, $body)
	$request.Content.Headers.ContentType = 'application/json'
	[void]$request.Headers.TryAddWithoutValidation('X-PROJECT-ID', [string]$env:FUNNELRELAY_PROJECT_ID)
	[void]$request.Headers.TryAddWithoutValidation('X-API-KEY', [string]$env:FUNNELRELAY_API_KEY)
	[void]$request.Headers.TryAddWithoutValidation('Idempotency-Key', $Key)
	try {
		$response = $client.SendAsync($request).GetAwaiter().GetResult()
		return @([int]$response.StatusCode, $response.Content.ReadAsStringAsync().GetAwaiter().GetResult())
	} catch {
		return @(0, "no answer: $($_.Exception.Message)")
	}
}

for ($left = $Tries; ; $left--) {
	$status, $answer = Send-Once
	if ($taken -contains $status) {
		Write-Output $answer
		exit 0
	}
	if ($refused -contains $status -or $settings -contains $status -or $left -le 1) {
		[Console]::Error.WriteLine("$status $answer") # it names what to correct, and where
		if ($refused -contains $status) { exit 2 }
		if ($settings -contains $status) { exit 3 }
		exit 1
	}
	Start-Sleep -Milliseconds ([int]($Wait * 1000)) # the same again, with the same key
	$Wait = $Wait * 2
}
