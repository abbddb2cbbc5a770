using Dossier.ChildProcess;

// Each verb says what it has done by a line on its standard output, printed when what it awaited has returned.
switch (args)
{
    case ["write", var storage, var session]:
        await Writing.FillSessionAsync(storage, session);
        return 0;
    case ["load", var storage, var session]:
        await Load.RunAsync(storage, session);
        return 0;
    case ["turns", var storage, var session, var name, var count]:
        await Turns.RunAsync(storage, session, name, int.Parse(count, System.Globalization.CultureInfo.InvariantCulture));
        return 0;
    case ["repeat", var storage, var session, var id]:
        await Repeating.CommitArtifactAsync(storage, session, Guid.ParseExact(id, "N"));
        return 0;
    case ["sync", var storage]:
        await Faults.StoreOneOfEachAsync(storage);
        return 0;
    case ["fill", var storage, var ballast]:
        await Faults.FillDiskAsync(storage, ballast);
        return 0;
    case ["spend", var storage, var session]:
        await Spending.RunAsync(storage, session);
        return 0;
    case ["talk", var storage, var session, var name, var count]:
        await Talking.RunAsync(storage, session, name, int.Parse(count, System.Globalization.CultureInfo.InvariantCulture));
        return 0;
    case ["models", var storage, var models, var endpoint]:
        await Syncing.RunAsync(storage, models, new(endpoint));
        return 0;
    case ["ask-anthropic", var storage, var endpoint]:
        await Asking.AskWithHeadersInTheEnvironmentAsync(storage, new(endpoint));
        return 0;
    case ["hold", var storage, var session]:
        await Spending.HoldAsync(storage, session);
        return 0;
    case ["keep", var storage]:
        await Keeping.WriteStoreAsync(storage);
        return 0;
    case ["purge", var storage, var session]:
        await Purging.RunAsync(storage, session);
        return 0;
    case ["erase", var storage]:
        await Erasing.RunAsync(storage);
        return 0;
    case ["erase-stay", var storage, var session, var point]:
        await Erasing.StayAsync(storage, session, point);
        return 0;
    case ["fork", var storage, var session]:
        await Forking.RunAsync(storage, session);
        return 0;
    case ["retry", var storage, var session]:
        await Retrying.WaitInSecondAttemptAsync(storage, session);
        return 0;
    case ["tool", var storage, var session]:
        await Retrying.WaitInToolAsync(storage, session);
        return 0;
    case ["step-race", var storage, var session]:
        await Stepping.RaceAsync(storage, session);
        return 0;
    case ["step-stay", var storage, var session]:
        await Stepping.StayAsync(storage, session);
        return 0;
    case ["talk-on", var storage, var session]:
        await Working.TalkAsync(storage, session);
        return 0;
    case ["map-on", var storage, var session, var items]:
        await Working.MapAsync(storage, session, int.Parse(items, System.Globalization.CultureInfo.InvariantCulture));
        return 0;
    case ["open", var storage]:
        await Faults.OpenAsync(storage);
        return 0;
    case ["import", var storage, var bundle]:
        await Importing.RunAsync(storage, bundle);
        return 0;
    case ["import-stay", var storage, var bundle]:
        await Importing.StayAsync(storage, bundle);
        return 0;
    case ["migrate", var storage]:
        Migration.Run(storage);
        return 0;
    default:
        return 2;
}
