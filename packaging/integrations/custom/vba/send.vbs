' Sends one event to the relay, until it is taken:
'
'   cscript //nologo send.vbs ACTION FILE KEY
'
' FILE holds the event as JSON in UTF-8, KEY names it for good (an order's number).
' The exit code is 0 when it is on the relay's disk, 1 when no answer came: run it
' again later with the same key, 2 when the event itself was refused, 3 when the
' address or the credentials are wrong.
Option Explicit

Dim Shell, Stream, Body, Status, Answer, Wait, Remaining
Set Shell = CreateObject("WScript.Shell")

Function Setting(Name, Otherwise)
    Setting = Shell.Environment("PROCESS")(Name)
    If Setting = "" Then Setting = Otherwise
End Function

' PostOnce gives the status; 0 when there is no answer. An action with other than
' letters, digits, - and _ is given percent-encoded, as in My%20Action.
Function PostOnce(Action, Body, Key)
    Dim Http
    PostOnce = 0
    On Error Resume Next
    Set Http = CreateObject("MSXML2.ServerXMLHTTP.6.0")
    Http.setTimeouts 5000, 10000, 40000, 40000
    Http.Open "POST", Setting("FUNNELRELAY_URL", "http://127.0.0.1:8787") & "/api/v1/webhook/" & Action, False
    Http.setRequestHeader "Content-Type", "application/json"
    Http.setRequestHeader "X-PROJECT-ID", Setting("FUNNELRELAY_PROJECT_ID", "")
    Http.setRequestHeader "X-API-KEY", Setting("FUNNELRELAY_API_KEY", "")
    Http.setRequestHeader "Idempotency-Key", Key
    Http.send Body
    If Err.Number = 0 Then
        Answer = Http.responseText
        PostOnce = Http.Status
    Else
        Answer = Err.Description
    End If
    On Error GoTo 0
End Function

Set Stream = CreateObject("ADODB.Stream")
Stream.Charset = "utf-8"
Stream.Open
Stream.LoadFromFile WScript.Arguments(1)
Body = Stream.ReadText
Stream.Close

Wait = 1000
For Remaining = 5 To 1 Step -1
    Status = PostOnce(WScript.Arguments(0), Body, WScript.Arguments(2))
    Select Case Status
        Case 200, 202
            WScript.StdOut.Write Answer
            WScript.Quit 0
        Case 400, 413, 415, 422
            WScript.StdErr.WriteLine Status & " " & Answer
            WScript.Quit 2
        Case 401, 403, 404, 405, 421
            WScript.StdErr.WriteLine Status & " " & Answer
            WScript.Quit 3
    End Select
    If Remaining > 1 Then WScript.Sleep Wait
    Wait = Wait * 2
Next
WScript.StdErr.WriteLine Status & " " & Answer
WScript.Quit 1
