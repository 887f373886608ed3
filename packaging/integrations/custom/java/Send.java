import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;

/**
 * Sends one event to the relay, until it is taken:
 *
 * <pre>java Send.java ACTION FILE KEY</pre>
 *
 * FILE holds the event as JSON, KEY names it for good (an order's number). The
 * exit code is 0 when it is on the relay's disk, 1 when no answer came: run it
 * again later with the same key, 2 when the event itself was refused, 3 when the
 * address or the credentials are wrong. Java 11 or later, nothing else.
 */
public class Send {
	private static final HttpClient CLIENT = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
	private static final Set<Integer> TAKEN = Set.of(200, 202);
	private static final Set<Integer> REFUSED = Set.of(400, 413, 415, 422);
	private static final Set<Integer> SETTINGS = Set.of(401, 403, 404, 405, 421);

	/** What came back; status 0 is no answer. */
	private static final class Answer {
		final int status;
		final String text;

		Answer(int status, String text) {
			this.status = status;
			this.text = text;
		}

		boolean counts() {
			return TAKEN.contains(status) || REFUSED.contains(status) || SETTINGS.contains(status);
		}
	}

	private static String setting(String name, String otherwise) {
		String value = System.getenv(name);
		return value == null ? otherwise : value;
	}

	private static Answer post(String action, Path file, String key) throws InterruptedException {
		String path = URLEncoder.encode(action, StandardCharsets.UTF_8).replace("+", "%20");
		try {
			HttpRequest request = HttpRequest.newBuilder()
				.uri(URI.create(setting("FUNNELRELAY_URL", "http://127.0.0.1:8787") + "/api/v1/webhook/" + path))
				.timeout(Duration.ofSeconds(40))
				.header("Content-Type", "application/json")
				.header("X-PROJECT-ID", setting("FUNNELRELAY_PROJECT_ID", ""))
				.header("X-API-KEY", setting("FUNNELRELAY_API_KEY", ""))
				.header("Idempotency-Key", key)
				.POST(HttpRequest.BodyPublishers.ofFile(file))
				.build();
			HttpResponse<String> response = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
			return new Answer(response.statusCode(), response.body());
		} catch (IOException e) {
			return new Answer(0, "no answer: " + e);
		}
	}

	/** Sends until there is an answer that counts; always the same bytes and key. */
	private static Answer send(String action, Path file, String key) throws InterruptedException {
		double wait = Double.parseDouble(setting("FUNNELRELAY_WAIT", "1"));
		for (int left = Integer.parseInt(setting("FUNNELRELAY_TRIES", "5"));; left--) {
			Answer answer = post(action, file, key);
			if (answer.counts() || left <= 1) {
				return answer;
			}
			Thread.sleep((long) (wait * 1000));
			wait *= 2;
		}
	}

	public static void main(String[] args) throws InterruptedException {
		Answer answer = send(args[0], Path.of(args[1]), args[2]);
		if (TAKEN.contains(answer.status)) {
			System.out.print(answer.text);
			return;
		}
		System.err.println(answer.status + " " + answer.text); // it names what to correct, and where
		System.exit(REFUSED.contains(answer.status) ? 2 : SETTINGS.contains(answer.status) ? 3 : 1);
	}
}
