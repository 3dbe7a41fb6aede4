import { Button, TextInput } from "@mantine/core";
import { IconMicrophoneOff } from "@tabler/icons-react";
import { useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { matches } from "../call/search";
import { inOrder } from "../call/state";
import { useTexts } from "../i18n";
import { StateIcon } from "./StateIcon";

export function Participants({ call }: { call: Call }) {
	const { t } = useTexts();
	const participants = useStore(call.state, (s) => s.participants);
	const [query, setQuery] = useState("");
	const found = inOrder(participants).filter((p) => matches(`${p.name} ${p.unit ?? ""} ${p.short_name ?? ""}`, query));
	return (
		<section className="panel" aria-label={t("tool.participants")} data-testid="participants-panel">
			<h2>{t("tool.participants")}</h2>
			<TextInput
				value={query}
				onChange={(event) => setQuery(event.currentTarget.value)}
				placeholder={t("participants.search")}
				aria-label={t("participants.search")}
				mb="sm"
			/>
			{found.length === 0 && <p className="caption">{t("participants.none")}</p>}
			<ul className="rows">
				{found.map((p) => (
					<li className="row" key={p.id}>
						<StateIcon state={p.connected ? "ok" : "bad"} />
						<div>
							<strong>{p.name}</strong>
							<small>
								{p.unit} {p.connected ? t(`role.${p.role}`) : t("tile.lost")}
							</small>
						</div>
						{p.microphone !== "live" && <IconMicrophoneOff size={18} aria-label={t("tile.muted")} />}
					</li>
				))}
			</ul>
		</section>
	);
}

export function ChatPanel({ call }: { call: Call }) {
	const { t, language } = useTexts();
	const chat = useStore(call.state, (s) => s.chat);
	const [text, setText] = useState("");
	const time = new Intl.DateTimeFormat(language === "vi" ? "vi-VN" : "en-GB", {
		hour: "2-digit",
		minute: "2-digit",
		timeZone: "Asia/Ho_Chi_Minh",
	});
	return (
		<section className="panel" aria-label={t("tool.chat")} data-testid="chat-panel">
			<h2>{t("tool.chat")}</h2>
			{chat.length === 0 && <p className="caption">{t("chat.empty")}</p>}
			<ul className="rows chat" aria-live="polite">
				{chat.map((m) => (
					<li key={`${m.from} ${m.at}`}>
						<small>
							{m.name} · {time.format(new Date(m.at))}
						</small>
						<p>{m.text}</p>
					</li>
				))}
			</ul>
			<form
				className="say"
				onSubmit={(event) => {
					event.preventDefault();
					if (!text.trim()) return;
					void call.say(text.trim()).then((kept) => kept && setText(""));
				}}
			>
				<TextInput
					value={text}
					onChange={(event) => setText(event.currentTarget.value)}
					placeholder={t("chat.placeholder")}
					aria-label={t("chat.placeholder")}
					maxLength={2000}
				/>
				<Button type="submit">{t("chat.send")}</Button>
			</form>
		</section>
	);
}
