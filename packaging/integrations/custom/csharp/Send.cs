// Sends one event to the relay, until it is taken:
//
//	Send ACTION FILE KEY
//
// FILE holds the event as JSON, KEY names it for good (an order's number). The
// exit code is 0 when it is on the relay's disk, 1 when no answer came: run it
// again later with the same key, 2 when the event itself was refused, 3 when the
// address or the credentials are wrong. .NET Framework 4.5, Mono, .NET 6 or later.
using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading;
using System.Threading.Tasks;

public static class Send
{
	private static readonly HttpClient Client = new HttpClient { Timeout = TimeSpan.FromSeconds(40) };
	private static readonly int[] Taken = { 200, 202 };
	private static readonly int[] Refused = { 400, 413, 415, 422 };
	private static readonly int[] Settings = { 401, 403, 404, 405, 421 };

	private static string Setting(string name, string otherwise)
	{
		return Environment.GetEnvironmentVariable(name) ?? otherwise;
	}

	// Post sends once and returns the status and the answer; 0 when there is none.
	private static async Task<Tuple<int, string>> Post(string action, byte[] body, string key)
	{
		var url = Setting("FUNNELRELAY_URL", "http://127.0.0.1:8787") + "/api/v1/webhook/" + Uri.EscapeDataString(action);
		using (var request = new HttpRequestMessage(HttpMethod.Post, url))
		{
			request.Content = new ByteArrayContent(body);
			request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
			request.Headers.TryAddWithoutValidation("X-PROJECT-ID", Setting("FUNNELRELAY_PROJECT_ID", ""));
			request.Headers.TryAddWithoutValidation("X-API-KEY", Setting("FUNNELRELAY_API_KEY", ""));
			request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
			try
			{
				using (var response = await Client.SendAsync(request))
				{
					return Tuple.Create((int)response.StatusCode, await response.Content.ReadAsStringAsync());
				}
			}
			catch (Exception e) when (e is HttpRequestException || e is TaskCanceledException || e is IOException)
			{
				return Tuple.Create(0, "no answer: " + e.Message);
			}
		}
	}

	private static bool Counts(int status)
	{
		return Taken.Contains(status) || Refused.Contains(status) || Settings.Contains(status);
	}

	public static int Main(string[] args)
	{
		var body = File.ReadAllBytes(args[1]);
		var wait = double.Parse(Setting("FUNNELRELAY_WAIT", "1"), CultureInfo.InvariantCulture);
		for (var left = int.Parse(Setting("FUNNELRELAY_TRIES", "5"), CultureInfo.InvariantCulture); ; left--)
		{
			var answer = Post(args[0], body, args[2]).GetAwaiter().GetResult();
			if (Taken.Contains(answer.Item1))
			{
				Console.Write(answer.Item2);
				return 0;
			}
			if (Counts(answer.Item1) || left <= 1)
			{
				Console.Error.WriteLine(answer.Item1 + " " + answer.Item2); // it names what to correct, and where
				return Refused.Contains(answer.Item1) ? 2 : Settings.Contains(answer.Item1) ? 3 : 1;
			}
			Thread.Sleep(TimeSpan.FromSeconds(wait)); // the same again, with the same key
			wait *= 2;
		}
	}
}
