import { Button, TextInput } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { useTexts } from "../../../i18n";
import { type Directory, deleteRecord, type Kind, type Records, saveRecord } from "../../../office/directory";
import { Problem } from "../../../office/rest";
import { StateIcon } from "../../StateIcon";
import { toast } from "../../toasts";
import { Panel } from "../Panel";
import { ProblemNote, problemText } from "../Problem";
import { faultyField, useSave } from "../useSave";
import { fields, labelOf, suggestId } from "./kinds";
import { RecordForm, type Values } from "./RecordForm";

interface RecordPanelProps {
	kind: Kind;
	/** Version 0: there is none yet. */
	record: Records[Kind];
	directory: Directory;
	/** Whether the account may change it. */
	may: boolean;
	onClose: () => void;
	onMade: (id: string) => void;
	/** What belongs to the record, below its fields. */
	children?: ReactNode;
}

/** The record as it is sent: empty texts and lists are left out, and what is only told. */
function complete(kind: Kind, { id, version }: { id: string; version: number }, values: Values): Records[Kind] {
	const kept = fields[kind].flatMap(({ name, required }) => {
		const value = values[name];
		const empty = value === "" || value === undefined || (Array.isArray(value) && value.length === 0);
		return empty && !required ? [] : [[name, value]];
	});
	return { id, version, ...Object.fromEntries(kept) };
}

/** Tells that something was done, and how to take it back. */
function told(text: "directory.saved" | "directory.deleted" | "directory.made", name: string, undo: () => Promise<unknown>): void {
	toast({
		state: "ok",
		text,
		values: { name },
		undo: () =>
			void undo().catch((problem) =>
				toast({ state: "bad", text: "directory.undoFailed", problem: problem instanceof Problem ? problem : undefined }),
			),
	});
}

export function RecordPanel({ kind, record, directory, may, onClose, onMade, children }: RecordPanelProps) {
	const { t, language } = useTexts();
	const fresh = record.version === 0;
	const [id, setId] = useState<string>();
	const [based, setBased] = useState(record);
	const [values, setValues] = useState<Values>({ ...record });
	const { busy, problem, save } = useSave();
	const suggested = suggestId(String(values.title ?? values.name ?? ""), kind === "people" ? String(values.unit ?? "") : "");
	const before = complete(kind, based, { ...based });
	const changed = JSON.stringify(complete(kind, based, values)) !== JSON.stringify(before);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		void save(async () => {
			const made = complete(kind, fresh ? { id: id ?? suggested, version: 0 } : based, values);
			const kept = await saveRecord(kind, made);
			if (fresh) {
				told("directory.made", labelOf(kept), () => deleteRecord(kind, kept.id, kept.version));
				return onMade(kept.id);
			}
			setBased(kept);
			told("directory.saved", labelOf(kept), async () => {
				const back = await saveRecord(kind, { ...before, version: kept.version });
				setBased(back);
				setValues({ ...back });
			});
		});
	};
	const remove = () =>
		save(async () => {
			await deleteRecord(kind, based.id, based.version);
			told("directory.deleted", labelOf(based), () => saveRecord(kind, { ...before, version: 0 }));
			onClose();
		});
	// Somebody else has changed the record: what is in the fields would undo that.
	const stale = problem instanceof Problem && problem.status === 412;
	const reread = () => {
		setBased(record);
		setValues({ ...record });
	};
	return (
		<Panel title={fresh ? t(`add.${kind}`) : labelOf(based)} onClose={onClose}>
			<form onSubmit={submit} className="panel-form">
				<fieldset className="panel-fields" disabled={!may}>
					<RecordForm
						kind={kind}
						values={values}
						onChange={(some) => setValues((all) => ({ ...all, ...some }))}
						directory={directory}
						problem={problem}
						fresh={fresh}
					/>
					{fresh ? (
						<TextInput
							label={t("field.id")}
							description={t("field.idWhy")}
							required
							withAsterisk={false}
							value={id ?? suggested}
							onChange={(event) => setId(event.currentTarget.value)}
							error={faultyField(problem) === "id" ? problemText(problem, t, language) : undefined}
							spellCheck={false}
							data-testid="field-id"
						/>
					) : (
						<p className="caption">
							{t("field.id")}: {based.id}
						</p>
					)}
				</fieldset>
				{stale ? (
					<div className="message message-bad" role="alert">
						<StateIcon state="bad" />
						<p className="message-text">{t(fresh ? "directory.exists" : "directory.stale")}</p>
						{!fresh && (
							<Button variant="default" size="sm" onClick={reread}>
								{t("directory.reread")}
							</Button>
						)}
					</div>
				) : (
					problem !== undefined && <ProblemNote error={problem} />
				)}
				{may && (
					<div className="panel-buttons">
						{!fresh && (
							<Button
								variant="subtle"
								color="bad"
								className="button-left"
								onClick={() => void remove()}
								disabled={busy}
								data-testid="delete"
							>
								{t("directory.delete")}
							</Button>
						)}
						<Button variant="default" onClick={fresh ? onClose : reread} disabled={!fresh && !changed}>
							{t(fresh ? "office.cancel" : "office.discard")}
						</Button>
						<Button type="submit" loading={busy} disabled={!fresh && !changed} data-testid="save">
							{t(fresh ? "directory.make" : "office.save")}
						</Button>
					</div>
				)}
			</form>
			{children}
		</Panel>
	);
}
