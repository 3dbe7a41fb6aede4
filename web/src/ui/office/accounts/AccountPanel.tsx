import { Button, Checkbox } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTexts } from "../../../i18n";
import { shortMoment } from "../../../i18n/dates";
import {
	type AccountDetails,
	changeAccount,
	createAccount,
	detailsOf,
	makeResetLink,
	type ResetLink,
	setDisabled,
} from "../../../office/accounts";
import { Problem } from "../../../office/rest";
import type { Account } from "../../../office/session";
import { toast } from "../../toasts";
import { CopyLine } from "../CopyLine";
import { Panel } from "../Panel";
import { ProblemNote } from "../Problem";
import { useSession } from "../session";
import { useSave } from "../useSave";
import { AccountFields } from "./AccountFields";
import { AccountSessions } from "./AccountSessions";

const blank: AccountDetails = { login: "", name: "", title: "", unit: "", person: "", grants: [] };

/** What is left empty is not sent. */
function complete(values: AccountDetails): AccountDetails {
	return {
		...values,
		title: values.title || undefined,
		unit: values.unit || undefined,
		person: values.person || undefined,
		grants: values.grants.map(({ role, unit }) => (unit ? { role, unit } : { role })),
	};
}

export function NewAccountPanel({ onClose, onMade }: { onClose: () => void; onMade: (account: Account) => void }) {
	const { t } = useTexts();
	const [values, setValues] = useState(blank);
	const [linked, setLinked] = useState(true);
	const [made, setMade] = useState<{ account: Account; link?: ResetLink }>();
	const { busy, problem, save } = useSave();
	const submit = (event: FormEvent) => {
		event.preventDefault();
		void save(async () => {
			const account = await createAccount(complete(values));
			if (!linked) return onMade(account);
			setMade({ account, link: await makeResetLink(account.id) });
		});
	};
	if (made?.link) {
		return (
			<Panel title={made.account.login} onClose={onClose}>
				<LinkMade link={made.link} />
				<div className="panel-buttons">
					<Button onClick={() => onMade(made.account)}>{t("accounts.handedOver")}</Button>
				</div>
			</Panel>
		);
	}
	return (
		<Panel title={t("accounts.new")} onClose={onClose}>
			<form onSubmit={submit} className="panel-form">
				<AccountFields values={values} onChange={setValues} problem={problem} fresh />
				<Checkbox
					label={t("accounts.withLink")}
					description={t("accounts.withLinkWhy")}
					checked={linked}
					onChange={(event) => setLinked(event.currentTarget.checked)}
				/>
				{problem !== undefined && <ProblemNote error={problem} />}
				<div className="panel-buttons">
					<Button variant="default" onClick={onClose}>
						{t("office.cancel")}
					</Button>
					<Button type="submit" loading={busy} data-testid="save">
						{t("accounts.make")}
					</Button>
				</div>
			</form>
		</Panel>
	);
}

export function AccountPanel({ account, onClose }: { account: Account; onClose: () => void }) {
	const { t } = useTexts();
	const me = useSession();
	const [based, setBased] = useState(account.version);
	const [values, setValues] = useState(() => ({ ...blank, ...detailsOf(account) }));
	const { busy, problem, save } = useSave();
	const reread = () => {
		setValues({ ...blank, ...detailsOf(account) });
		setBased(account.version);
	};
	const submit = (event: FormEvent) => {
		event.preventDefault();
		void save(async () => {
			const after = await changeAccount(account.id, based, complete({ ...values, disabled: account.disabled }));
			setBased(after.version);
			toast({ state: "ok", text: "accounts.saved", values: { login: after.login } });
		});
	};
	const changed = JSON.stringify(complete(values)) !== JSON.stringify(complete({ ...blank, ...detailsOf(account) }));
	const stale = problem instanceof Problem && problem.status === 412;
	const own = account.id === me.account.id;
	return (
		<Panel title={account.login} onClose={onClose}>
			<form onSubmit={submit} className="panel-form">
				<AccountFields values={values} onChange={setValues} problem={problem} />
				{problem !== undefined && <ProblemNote error={problem} onRetry={stale ? reread : undefined} />}
				<div className="panel-buttons">
					<Button variant="default" onClick={reread} disabled={!changed}>
						{t("office.discard")}
					</Button>
					<Button type="submit" loading={busy} disabled={!changed} data-testid="save">
						{t("office.save")}
					</Button>
				</div>
			</form>
			{!account.disabled && <PasswordLink account={account} />}
			<AccountSessions account={account} />
			{!own && <Disable account={account} onChanged={(after) => setBased(after.version)} />}
		</Panel>
	);
}

/** A one-time link, shown once. */
function PasswordLink({ account }: { account: Account }) {
	const { t } = useTexts();
	const [link, setLink] = useState<ResetLink>();
	const { busy, problem, save } = useSave();
	return (
		<section className="panel-part" aria-label={t("accounts.password")}>
			<h3>{t("accounts.password")}</h3>
			<p>{t(account.has_password ? "accounts.passwordSet" : "accounts.passwordNone")}</p>
			{link ? (
				<LinkMade link={link} />
			) : (
				<Button
					variant="default"
					loading={busy}
					onClick={() => void save(async () => setLink(await makeResetLink(account.id)))}
					data-testid="make-link"
				>
					{t("accounts.makeLink")}
				</Button>
			)}
			{problem !== undefined && <ProblemNote error={problem} />}
		</section>
	);
}

function LinkMade({ link }: { link: ResetLink }) {
	const { t } = useTexts();
	return (
		<div className="link-made" data-testid="link-made">
			<p>{t("accounts.linkOnce", { time: shortMoment(link.expires) })}</p>
			<CopyLine text={location.origin + link.path} label={t("accounts.link")} />
		</div>
	);
}

/** Acts at once, and can be taken back. */
function Disable({ account, onChanged }: { account: Account; onChanged: (after: Account) => void }) {
	const { t } = useTexts();
	const { busy, problem, save } = useSave();
	const set = (disabled: boolean) =>
		save(async () => {
			onChanged(await setDisabled(account.id, disabled));
			const undo = () => void set(!disabled);
			toast({ state: "ok", text: disabled ? "accounts.wasDisabled" : "accounts.wasEnabled", values: { login: account.login }, undo });
		});
	return (
		<section className="panel-part" aria-label={t("accounts.access")}>
			<h3>{t("accounts.access")}</h3>
			<p>{t(account.disabled ? "accounts.enableWhat" : "accounts.disableWhat")}</p>
			<Button
				variant={account.disabled ? "default" : "outline"}
				color={account.disabled ? undefined : "bad"}
				loading={busy}
				onClick={() => void set(!account.disabled)}
				data-testid="disable"
			>
				{t(account.disabled ? "accounts.enable" : "accounts.disable")}
			</Button>
			{problem !== undefined && <ProblemNote error={problem} />}
		</section>
	);
}
