namespace Dossier.Samples.Resume;

/// <summary>The document that is summarised: 8 parts.</summary>
internal static class Minutes
{
    public static readonly string Text = """
        The harbour board met on Monday. All seven members were there. The minutes of May were approved.

        The crane was inspected in June. Two cables were replaced. It may lift forty tonnes again.

        The pump of dock two failed at noon. It was repaired by one. The cause was a worn seal.

        Traffic grew by six per cent. Most of it was grain. The grain came from the north.

        The new quay costs four million. The bank lends three of them. The rest comes from fees.

        The lighthouse got a new lamp. It burns a tenth of the power. The old one went to the museum.

        A second pump was ordered for dock two. It arrives in September. The old pump becomes the spare.

        The next meeting is in October. It begins at nine. Visitors are welcome.
        """.ReplaceLineEndings("\n");
}
