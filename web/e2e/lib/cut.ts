// A TCP proxy in front of the server whose connections a test can cut.
import { connect, createServer, type Socket, type Server as TcpServer } from "node:net";

export class Cut {
	#sockets = new Set<Socket>();
	#open = true;

	private constructor(
		readonly url: string,
		private readonly listener: TcpServer,
	) {}

	static start(port: number, target: number): Promise<Cut> {
		return new Promise((done, fail) => {
			const listener = createServer((client) => {
				if (!cut.#open) {
					client.destroy();
					return;
				}
				const server = connect(target, "127.0.0.1");
				for (const [from, to] of [
					[client, server],
					[server, client],
				]) {
					cut.#sockets.add(from);
					from.pipe(to);
					from.on("error", () => to.destroy());
					from.on("close", () => {
						cut.#sockets.delete(from);
						to.destroy();
					});
				}
			});
			const cut = new Cut(`http://127.0.0.1:${port}`, listener);
			listener.once("error", fail);
			listener.listen(port, "127.0.0.1", () => done(cut));
		});
	}

	/** Breaks every connection and refuses new ones until heal. */
	cut(): void {
		this.#open = false;
		for (const socket of this.#sockets) socket.destroy();
	}

	heal(): void {
		this.#open = true;
	}

	async stop(): Promise<void> {
		this.cut();
		await new Promise((done) => this.listener.close(done));
	}
}
