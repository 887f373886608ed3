Attribute VB_Name = "FunnelRelay"
Option Explicit

' Sends events to the relay, from Access, Excel or any other program with VBA.
' Import this file (File, Import File), and call SendEvent:
'
'   If SendEvent("Lead", "{""email"":""jane@shop.example""}", "lead-17") <> 0 Then …
'
' The key names the event for good (an order's number). 0 says that the event is on
' the relay's disk, 1 that no answer came: call it again later with the same key,
' 2 that the event itself was refused, 3 that the address or the credentials are
' wrong. LastAnswer holds what the relay said.

Private Const RELAY_URL As String = "http://127.0.0.1:8787"
Private Const PROJECT_ID As String = ""
Private Const API_KEY As String = ""
Private Const TRIES As Long = 5

Public LastAnswer As String

Public Function SendEvent(ByVal Action As String, ByVal Body As String, ByVal Key As String) As Long
    Dim Status As Long, Remaining As Long, Seconds As Double
    Seconds = 1
    For Remaining = TRIES To 1 Step -1
        Status = PostOnce(Action, Body, Key)
        Select Case Status
            Case 200, 202
                SendEvent = 0
                Exit Function
            Case 400, 413, 415, 422
                SendEvent = 2
                Exit Function
            Case 401, 403, 404, 405, 421
                SendEvent = 3
                Exit Function
        End Select
        If Remaining > 1 Then Pause Seconds ' the same again, with the same key
        Seconds = Seconds * 2
    Next Remaining
    SendEvent = 1
End Function

' PostOnce gives the status; 0 when there is no answer. An action with other than
' letters, digits, - and _ is given percent-encoded, as in My%20Action.
Private Function PostOnce(ByVal Action As String, ByVal Body As String, ByVal Key As String) As Long
    Dim Http As Object
    On Error GoTo NoAnswer
    Set Http = CreateObject("MSXML2.ServerXMLHTTP.6.0")
    Http.setTimeouts 5000, 10000, 40000, 40000
    Http.Open "POST", RELAY_URL & "/api/v1/webhook/" & Action, False
    Http.setRequestHeader "Content-Type", "application/json"
    Http.setRequestHeader "X-PROJECT-ID", PROJECT_ID
    Http.setRequestHeader "X-API-KEY", API_KEY
    Http.setRequestHeader "Idempotency-Key", Key
    Http.send Body ' a String is sent in UTF-8
    LastAnswer = Http.responseText
    PostOnce = Http.Status
    Exit Function
NoAnswer:
    LastAnswer = Err.Description
    PostOnce = 0
End Function

Private Sub Pause(ByVal Seconds As Double)
    Dim Ends As Date
    Ends = DateAdd("s", Seconds, Now)
    Do While Now < Ends
        DoEvents
    Loop
End Sub

' JsonText writes a text as JSON, with its quotes.
Public Function JsonText(ByVal Text As String) As String
    Text = Replace(Text, "\", "\\")
    Text = Replace(Text, """", "\""")
    Text = Replace(Text, vbCr, "\r")
    Text = Replace(Text, vbLf, "\n")
    Text = Replace(Text, vbTab, "\t")
    JsonText = """" & Text & """"
End Function

' Cents writes an amount as the contract wants it: 49.9 as 4990, whatever sign the
' machine's language puts before decimals.
Public Function Cents(ByVal Amount As Currency) As String
    Cents = Format$(Amount * 100, "0")
End Function
